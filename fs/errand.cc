// The process that uses the mount.
#include "fs/errand.h"

#include "fs/privilege.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace mailslot {
namespace {

// A name may have become a symlink by now, which must not lead the one who touches (root, maybe) anywhere.
int open_below(int directory, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  return static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how)));
}

void touch_below(const std::string& mountpoint, const std::string& path) {
  // The modification time alone: inotify calls that IN_MODIFY, as it does a write(2) (fsnotify_change()).
  const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT}, timespec{0, UTIME_NOW}};
  const int root = ::open(mountpoint.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int slot = open_below(root, path);
  if (slot >= 0) ::utimensat(slot, "", times.data(), AT_EMPTY_PATH);
  ::close(slot);
  ::close(root);
}

}  // namespace

expected<errand> errand::start(const std::string& mountpoint) {
  // Other users' slots, in directories that are closed to others.
  const auto limit = [] {
    if (keep_only({CAP_FOWNER, CAP_DAC_READ_SEARCH}, programs::gain_nothing)) ::_exit(1);
  };
  auto process = companion::start("mailslot-touch", limit, [&](std::string_view path) {
    touch_below(mountpoint, std::string(path));
    return std::string_view{};
  });
  if (!process) return refuse(process.error());
  return errand(std::move(*process));
}

}  // namespace mailslot

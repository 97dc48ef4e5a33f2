// The process that uses the mount.
#include "fs/errand.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace mailslot {
namespace {

constexpr std::size_t longest_path = 4096;

// A name may have become a symlink by now, which must not lead the one who touches (root, maybe) anywhere.
int open_below(int directory, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  return static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how)));
}

// The whole life of the process. Nothing of the daemon but the orders may stay open in it: the daemon's
// parent waits for the end of a pipe, and whoever reads its output for the end of that.
[[noreturn]] void run(int orders, const std::string& mountpoint) {
  ::prctl(PR_SET_NAME, "mailslot-touch");
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C in the foreground is for the daemon, and so is a closed terminal
  std::signal(SIGHUP, SIG_IGN);
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
  ::dup2(orders, 3);
  ::close_range(4, ~0U, 0);
  std::array<char, longest_path> packet{};
  for (;;) {
    const auto size = ::recv(3, packet.data(), packet.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) ::_exit(0);
    const std::string path(packet.data(), static_cast<std::size_t>(size));
    // The modification time alone: inotify calls that IN_MODIFY, as it does a write(2) (fsnotify_change()).
    const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT}, timespec{0, UTIME_NOW}};
    const int root = ::open(mountpoint.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    const int slot = open_below(root, path);
    if (slot >= 0) ::utimensat(slot, "", times.data(), AT_EMPTY_PATH);
    ::close(slot);
    ::close(root);
  }
}

}  // namespace

expected<errand> errand::start(const std::string& mountpoint) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return refuse(std::error_code(errno, std::generic_category()));
  }
  const pid_t process = ::fork();
  if (process < 0) {
    const std::error_code failed(errno, std::generic_category());
    ::close(ends[0]);
    ::close(ends[1]);
    return refuse(failed);
  }
  if (process == 0) run(ends[1], mountpoint);
  ::close(ends[1]);
  return errand(process, ends[0]);
}

errand::errand(errand&& other) noexcept
    : process_(std::exchange(other.process_, -1)), orders_(std::exchange(other.orders_, -1)) {}

errand::~errand() {
  if (orders_ < 0) return;
  ::close(orders_);
  ::waitpid(process_, nullptr, 0);
}

bool errand::touch(std::string_view path) {
  return path.size() < longest_path &&
         ::send(orders_, path.data(), path.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace mailslot

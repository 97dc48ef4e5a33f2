// The real surroundings of the tool: the environment, the terminal, the mount.
#include "fs/cli/surroundings.h"

#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace mailslot::cli {
namespace {

int check_mount(const std::string& root) {
  struct statfs fs{};
  if (statfs(root.c_str(), &fs) != 0) return errno;
  if (fs.f_type != FUSE_SUPER_MAGIC) return ENODEV;
  struct stat st{};
  if (lstat((root + "/.info").c_str(), &st) != 0) return errno == ENOENT ? ENODEV : errno;
  return 0;
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : std::string_view{};
}

}  // namespace

surroundings real_surroundings() {
  surroundings s;
  s.in_is_terminal = isatty(s.in) == 1;
  s.out_is_terminal = isatty(s.out) == 1;
  s.err_is_terminal = isatty(s.err) == 1;
  s.colour = variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  winsize size{};
  if (ioctl(s.out, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    s.columns = size.ws_col;
    s.rows = size.ws_row;
  }
  if (const auto root = variable("MAILSLOT_ROOT"); !root.empty()) s.root = root;
  std::error_code error;
  s.root = std::filesystem::absolute(s.root, error).lexically_normal().string();
  while (s.root.size() > 1 && s.root.back() == '/') s.root.pop_back();
  s.check_mount = check_mount;
  return s;
}

}  // namespace mailslot::cli

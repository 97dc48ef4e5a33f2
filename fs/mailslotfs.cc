// main: reads the options, checks what can be checked before anything is mounted, goes into the background.
#include "fs/daemon.h"
#include "fs/fuse/mount_table.h"
#include "fs/handed_over.h"
#include "fs/log.h"
#include "fs/mount_helper.h"
#include "fs/options.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace mailslot {
namespace {

// The mount point as an absolute path, also when a dead mount lies on it; empty when it cannot be.
std::string absolute(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real) {
    std::string result = real;
    std::free(real);
    return result;
  }
  if (errno != ENOTCONN) return {};
  if (path.front() == '/') return path;
  char* here = ::getcwd(nullptr, 0);
  std::string result = here ? fmt::format("{}/{}", here, path) : "";
  std::free(here);
  return result;
}

std::string wrong_mountpoint(const std::string& path) {
  struct stat s{};
  if (const int failed = stat_mountpoint(path, s); failed != 0) {
    return failed == ENOTCONN ? "" : std::strerror(failed);
  }
  return S_ISDIR(s.st_mode) ? "" : "not a directory";
}

// The parent of a daemon: waits until the mount is usable, or for the end of the child.
int wait_for(pid_t child, int usable) {
  char byte = 0;
  if (::read(usable, &byte, 1) == 1) return 0;
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int run_in_background(const options& how) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    log::error("cannot make a pipe: {}", std::strerror(errno));
    return 1;
  }
  const pid_t child = ::fork();
  if (child < 0) {
    log::error("cannot start a process: {}", std::strerror(errno));
    return 1;
  }
  if (child > 0) {
    ::close(ends[1]);
    return wait_for(child, ends[0]);
  }
  ::close(ends[0]);
  ::setsid();
  if (::chdir("/") != 0)
    log::warning("cannot leave the working directory: {}, going on", std::strerror(errno));
  return run_daemon(how, [usable = ends[1]] {
    log::detach();
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
    ::close(null);
    [[maybe_unused]] const auto told = ::write(usable, "u", 1);
    ::close(usable);
  });
}

// Blocks as large as a request come and go with every large message. Given back to the kernel and asked for
// again, each would cost 256 page faults, which is more than copying it. So that much is kept in each arena.
void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 8 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
}

int run(std::string_view program, std::vector<std::string> arguments) {
  bool fake = false;
  if (is_mount_helper(program)) {
    auto call = from_mount(arguments);
    if (!call.wrong.empty()) {
      log::error("{}", call.wrong);
      return 1;
    }
    arguments = std::move(call.arguments);
    fake = call.fake;
  }
  auto parsed = parse_options(arguments);
  if (!parsed) {
    log::error("{}", parsed.error());
    return 1;
  }
  options how = std::move(*parsed);
  if (how.help) {
    fmt::print("{}", help_text());
    return 0;
  }
  if (how.version) {
    fmt::print("mailslotfs {}\n", MAILSLOT_VERSION);
    return 0;
  }
  if (auto wrong = wrong_mountpoint(how.mount.mountpoint); !wrong.empty()) {
    log::error("cannot mount at \"{}\": {}", how.mount.mountpoint, wrong);
    return 1;
  }
  if (fake) return 0;
  how.mount.mountpoint = absolute(how.mount.mountpoint);
  if (!how.network.hosts.empty()) how.network.hosts = std::filesystem::absolute(how.network.hosts);
  how.network.sockets = sockets_handed_over();
  std::signal(SIGPIPE, SIG_IGN);
  keep_freed_memory();
  return how.foreground ? run_daemon(how, [] {}) : run_in_background(how);
}

}  // namespace
}  // namespace mailslot

int main(int argc, char** argv) {
  return mailslot::run(argv[0], {argv + 1, argv + argc});
}

// One child at a time.
#include "fs/cli/child.h"

#include "fs/cli/files.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace mailslot::cli {
namespace {

// A child that does not read its input is its own affair.
class no_broken_pipe {
 public:
  no_broken_pipe() {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &before_);
  }
  no_broken_pipe(const no_broken_pipe&) = delete;
  no_broken_pipe& operator=(const no_broken_pipe&) = delete;
  ~no_broken_pipe() { sigaction(SIGPIPE, &before_, nullptr); }

 private:
  struct sigaction before_{};
};

int spawn_shell(const std::string& command, int input, int output, const sigset_t& mask, pid_t& child) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigdefault(&how, &usual);
  posix_spawnattr_setsigmask(&how, &mask);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
  const int code = posix_spawn(&child, "/bin/sh", &files, &how, const_cast<char**>(arguments), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  return code;
}

}  // namespace

result<int> run_command(const std::string& command, std::string_view input, int output,
                        const sigset_t& mask) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_with(errno, "no pipe for a command: {}", reason(errno));
  descriptor theirs(ends[0]);
  descriptor ours(ends[1]);
  const no_broken_pipe quiet;
  pid_t child = 0;
  if (const int code = spawn_shell(command, theirs.get(), output, mask, child)) {
    return fail_with(code, "/bin/sh cannot be run: {}", reason(code));
  }
  theirs.reset();
  (void)write_all(ours.get(), input);
  ours.reset();
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail_with(errno, "the end of a command cannot be seen: {}", reason(errno));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace mailslot::cli

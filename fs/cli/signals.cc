// Signals are blocked but for the time in ppoll(2), which opens and closes the gate in one step.
#include "fs/cli/signals.h"

#include <unistd.h>

#include <cerrno>

namespace mailslot::cli {
namespace {

constexpr int gated[] = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t came = 0;
struct sigaction before[std::size(gated)];

void note(int number) {
  came = number;
}

}  // namespace

signal_gate::signal_gate() {
  came = 0;
  sigemptyset(&closed_);
  struct sigaction action{};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < std::size(gated); ++i) {
    sigaction(gated[i], nullptr, &before[i]);
    // nohup and background jobs of scripts ignore signals: so do we then.
    if (before[i].sa_handler == SIG_IGN) continue;
    sigaddset(&closed_, gated[i]);
    sigaction(gated[i], &action, nullptr);
  }
  sigprocmask(SIG_BLOCK, &closed_, &outside_);
}

signal_gate::~signal_gate() {
  for (std::size_t i = 0; i < std::size(gated); ++i) sigaction(gated[i], &before[i], nullptr);
  sigprocmask(SIG_SETMASK, &outside_, nullptr);
}

bool signal_gate::wait(std::span<pollfd> which, const timespec* timeout) {
  // ppoll lets no signal in when something is ready at once, and a busy slot always is.
  sigprocmask(SIG_SETMASK, &outside_, nullptr);
  sigprocmask(SIG_BLOCK, &closed_, nullptr);
  for (auto& one : which) one.revents = 0;
  while (came == 0) {
    if (ppoll(which.data(), which.size(), timeout, &outside_) >= 0 || errno != EINTR) return true;
  }
  return false;
}

bool signal_gate::caught() {
  sigset_t waiting;
  sigpending(&waiting);
  for (const int number : gated) {
    if (came == 0 && sigismember(&waiting, number) == 1) came = number;
  }
  return came != 0;
}

void signal_gate::broken_pipe() {
  raise(SIGPIPE);
}

void signal_gate::pass_on() {
  const int number = came;
  std::signal(number, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &one, nullptr);
  _exit(128 + number);
}

}  // namespace mailslot::cli

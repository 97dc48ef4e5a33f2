// Ctrl-C and the like while a message is on its way: they are let in only while nothing is in hand.
#pragma once

#include <poll.h>

#include <csignal>
#include <ctime>
#include <span>

namespace mailslot::cli {

// While one exists, SIGINT, SIGTERM and SIGHUP wait until wait(). One at a time.
class signal_gate {
 public:
  signal_gate();
  signal_gate(const signal_gate&) = delete;
  signal_gate& operator=(const signal_gate&) = delete;
  ~signal_gate();

  // poll(2) that signals end; null: for ever. True: it ended by itself, with revents set (or by time). False:
  // a signal came, maybe before.
  bool wait(std::span<pollfd> which, const timespec* timeout);

  // Ends this process by the signal that came, so that a shell sees 128 + its number and stops its script.
  [[noreturn]] static void pass_on();
  // A signal came that pass_on() would pass on.
  static bool caught();
  // What was blocked before, for children.
  const sigset_t& outside() const { return outside_; }
  // Ends this process as a write to a pipe without readers does, or returns where that is ignored.
  static void broken_pipe();

 private:
  sigset_t outside_{};
  sigset_t closed_{};
};

}  // namespace mailslot::cli

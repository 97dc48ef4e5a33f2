// A process beside the daemon, with one job and the rights for that job alone, which gets its orders by
// packets. Knows no job.
#pragma once

#include "fs/slot/error.h"

#include <sys/types.h>

#include <functional>
#include <span>
#include <string_view>

namespace mailslot {

class companion {
 public:
  static constexpr std::size_t longest_order = 4096;

  // Starts the process, named `name`, while there are no other threads. It calls `obey` with each order and
  // sends what that returns back, if it is not empty; before the first, `prepare` once. Ends when this object
  // does, or when this process dies, and on no signal that a terminal or an init system sends to all: the
  // daemon needs it to its own end. Errors: of fork(2) and socketpair(2).
  static expected<companion> start(const char* name, const std::function<void()>& prepare,
                                   const std::function<std::string_view(std::string_view)>& obey);
  companion(companion&& other) noexcept;
  companion& operator=(companion&&) = delete;
  ~companion();

  // Any thread, never waits. False: too much to do already, and nothing will happen.
  [[nodiscard]] bool order(std::string_view what) const noexcept;
  // Waits for the answer; one thread at a time. Empty: there is no such process any more.
  [[nodiscard]] std::string_view ask(std::string_view what, std::span<char> room) const noexcept;

 private:
  companion(pid_t process, int orders) : process_(process), orders_(orders) {}
  pid_t process_;
  int orders_;
};

}  // namespace mailslot

// An io_uring of 128-byte submissions and the system calls on it, for one thread. Knows nothing of FUSE.
#pragma once

#include <liburing.h>

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <system_error>

namespace mailslot {

class uring_queue {
 public:
  struct completion {
    std::uint64_t user_data;
    int result;
    bool last;  // of its submission
  };

  uring_queue() = default;
  uring_queue(const uring_queue&) = delete;
  uring_queue& operator=(const uring_queue&) = delete;
  ~uring_queue() { close(); }

  // Before anything else.
  std::error_code make();
  // By the thread that will use it: all that follows is for that one.
  std::error_code enable();
  void close();

  // Zeros, to be filled in before the next call. Submits if there is no room.
  io_uring_sqe& next();
  // Does not return before the kernel has all, unless it breaks.
  void submit();
  // Submits, and has completions come in that are due. `at_least`: waits for so many, or for `longest`. The
  // kernel may not take everything.
  void exchange(unsigned at_least, std::optional<std::chrono::nanoseconds> longest = {});
  // The same for once: the kernel may not take everything, which exchange() then does.
  void offer();
  // A completion after so long, which is to come before the next alarm is set.
  void alarm(std::chrono::nanoseconds after, std::uint64_t user_data);
  bool has_unsent() const { return io_uring_sq_ready(&ring_) != 0; }
  // Some that came in; none: there are no more. Valid until the next call.
  std::span<const completion> take();
  // The kernel has completions for which there was no room.
  bool has_more() const { return (*ring_.sq.kflags & IORING_SQ_CQ_OVERFLOW) != 0; }

  // A system call failed as it never should. Nothing is submitted any more.
  std::error_code broken() const { return broken_; }

 private:
  void judge(int result);

  io_uring ring_{};
  bool made_ = false;
  std::array<io_uring_sqe, 2> nowhere_{};  // room for what is not submitted any more
  __kernel_timespec alarm_{};              // read by the kernel when it is submitted
  std::array<completion, 64> taken_{};
  std::error_code broken_;
};

}  // namespace mailslot

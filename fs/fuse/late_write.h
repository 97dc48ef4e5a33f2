// The answer to a WRITE, or to the ioctl that posts an empty message, which may have to wait. Signals and
// lifetimes as in answer.h.
#pragma once

#include "fs/fuse/barrier.h"
#include "fs/fuse/errno.h"
#include "fs/slot/handle.h"

#include <fuse_lowlevel.h>

namespace mailslot {

class late_write final : public write_answer {
 public:
  enum class to : bool { write, ioctl };
  explicit late_write(fuse_req_t request, to what = to::write) : request_(request), what_(what) {
    taken_over(request_);
  }
  late_write(const late_write&) = delete;
  late_write& operator=(const late_write&) = delete;
  ~late_write() override {
    if (request_) failed(why_dropped());
  }

  void accepted(std::size_t bytes) noexcept override {
    if (what_ == to::write) {
      fuse_reply_write(settled(), bytes);
    } else {
      fuse_reply_ioctl(settled(), 0, nullptr, 0);
    }
  }
  void failed(std::error_code why) noexcept override { fuse_reply_err(settled(), errno_of(why)); }
  void tell_of_signals(read_answer::wants_signals& who) override {
    listening_ = true;
    fuse_req_interrupt_func(request_, on_interrupt, &who);
  }

 private:
  static void on_interrupt(fuse_req_t, void* who) {
    static_cast<read_answer::wants_signals*>(who)->on_signal();
  }

  fuse_req_t settled() noexcept {
    if (listening_) fuse_req_interrupt_func(request_, nullptr, nullptr);
    return std::exchange(request_, nullptr);
  }

  fuse_req_t request_;  // null once answered
  const to what_;
  bool listening_ = false;
};

}  // namespace mailslot

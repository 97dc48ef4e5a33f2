// Answers to READ: at once, or late, from whatever thread a message, a deadline or a signal came in.
#pragma once

#include "fs/fuse/barrier.h"
#include "fs/fuse/errno.h"
#include "fs/fuse/filesystem.h"
#include "fs/slot/handle.h"

#include <fuse_lowlevel.h>

namespace mailslot {

// A read that has waited. libfuse calls on_interrupt() with a lock of the request held; taking the callback
// away takes the same lock, so it waits until a running one is done. Only interrupted(), which is called from
// within the callback, must not.
class late_answer final : public read_answer {
 public:
  late_answer(fuse_req_t request, open_file_ref of, wants_signals& who)
      : of_(std::move(of)), request_(request) {
    taken_over(request_);
    fuse_req_interrupt_func(request_, on_interrupt, &who);
  }
  ~late_answer() override {
    if (request_) failed(why_dropped());
  }

  bool data(bytes_view bytes) noexcept override {
    return fuse_reply_buf(settled(), reinterpret_cast<const char*>(bytes.data()), bytes.size()) == 0;
  }
  void failed(std::error_code why) noexcept override { fuse_reply_err(settled(), errno_of(why)); }
  void interrupted() noexcept override { fuse_reply_err(std::exchange(request_, nullptr), EINTR); }
  std::unique_ptr<read_answer> wait(wants_signals&) override { return nullptr; }  // it has waited

 private:
  static void on_interrupt(fuse_req_t, void* who) { static_cast<wants_signals*>(who)->on_signal(); }

  fuse_req_t settled() noexcept {
    fuse_req_interrupt_func(request_, nullptr, nullptr);
    return std::exchange(request_, nullptr);
  }

  const open_file_ref of_;
  fuse_req_t request_;  // null once answered
};

class prompt_answer final : public read_answer {
 public:
  prompt_answer(fuse_req_t request, open_file& of) : of_(&of), request_(request) {}

  bool data(bytes_view bytes) noexcept override {
    taken_over(request_);
    return fuse_reply_buf(request_, reinterpret_cast<const char*>(bytes.data()), bytes.size()) == 0;
  }
  void failed(std::error_code why) noexcept override {
    taken_over(request_);
    fuse_reply_err(request_, errno_of(why));
  }
  std::unique_ptr<read_answer> wait(wants_signals& who) override {
    return std::make_unique<late_answer>(request_, of_, who);
  }

 private:
  const open_file_ref of_;
  const fuse_req_t request_;
};

}  // namespace mailslot

// A waiting read that only remembers how it ended, for tests of slots and tails below any handle.
#pragma once

#include "fs/slot/slot.h"

#include <string>
#include <string_view>

namespace mailslot::test {

class paper_waiter final : public waiter {
 public:
  explicit paper_waiter(slot& at, bool takes_empty = false) : waiter(at, takes_empty), at_(at) {}
  // Like every owner of something timed.
  ~paper_waiter() { at_.shared().timers.remove(*this); }

  void deliver(message_ref m) noexcept override {
    ++endings;
    got = std::move(m);
  }
  void end(std::error_code reason) noexcept override {
    ++endings;
    ended = true;
    why = reason;
  }

  std::string text() const { return got ? std::string(got->text()) : "(no message)"; }

  int endings = 0;  // above 1 is a bug of the slot
  message_ref got;
  bool ended = false;
  std::error_code why;

 private:
  slot& at_;
};

}  // namespace mailslot::test

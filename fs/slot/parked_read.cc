// How a waiting read of a view ends. It deletes itself then.
#include "fs/slot/parked_read.h"

namespace mailslot {

void parked_read::read(owner& of, slot& at, tail* copies, bool takes_empty, const read_call& call,
                       moment until, read_answer& answer) {
  std::unique_ptr<parked_read> who(new parked_read(of, at, takes_empty, call, until, answer));
  tail::copy_of got;
  std::error_code why;
  const auto outcome = copies ? copies->take_or_park(*who, until, got, why)
                              : at.take_or_park(*who, call.now, until, got.m, why);
  switch (outcome) {
    case slot::waited::parked:
      return static_cast<void>(who.release());
    case slot::waited::took:
      return who.release()->arrived(std::move(got));
    case slot::waited::ended:
      return who.release()->end(why);
  }
}

void parked_read::arrived(tail::copy_of got) noexcept {
  forget_deadline();
  of_.arrived(std::move(got), call_, *answer_);
  delete this;
}

void parked_read::deliver(message_ref m) noexcept {
  arrived({.m = std::move(m)});
}

void parked_read::end(std::error_code why) noexcept {
  forget_deadline();
  of_.ended(why, *answer_);
  delete this;
}

void parked_read::on_signal() noexcept {
  if (!interrupt()) return;
  forget_deadline();
  answer_->interrupted();
  delete this;
}

void parked_read::forget_deadline() noexcept {
  if (until_ != never) at_.shared().timers.remove(*this);
}

}  // namespace mailslot

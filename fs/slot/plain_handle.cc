// Reading and writing a slot by its own name.
#include "fs/slot/plain_handle.h"

#include <algorithm>

namespace mailslot {

// A read of this handle that waits. Deletes itself when it has ended.
class plain_handle::parked final : public waiter, private read_answer::wants_signals {
 public:
  parked(plain_handle& of, const read_call& call, moment until, read_answer& answer)
      : waiter(of.at_.at(), false), of_(of), call_(call), until_(until), answer_(answer.wait(*this)) {}

  moment until() const { return until_; }
  read_answer& answer() { return *answer_; }

  void deliver(message_ref m) noexcept override {
    forget_deadline();
    of_.begin(std::move(m), call_, *answer_);
    delete this;
  }

  void end(std::error_code why) noexcept override {
    if (why == errc::timed_out) why = {};
    forget_deadline();
    why ? answer_->failed(why) : void(answer_->data({}));
    delete this;
  }

 private:
  void on_signal() noexcept override {
    if (!interrupt()) return;
    forget_deadline();
    answer_->interrupted();
    delete this;
  }

  void forget_deadline() noexcept {
    if (until_ != never) of_.at_.at().shared().timers.remove(*this);
  }

  plain_handle& of_;
  const read_call call_;
  const moment until_;
  std::unique_ptr<read_answer> answer_;
};

plain_handle::~plain_handle() {
  at_.at().forget(this);
  if (current_ && read_up_to_ < current_->size()) at_.at().give_back(std::move(current_));
}

bool plain_handle::serve(const read_call& call, read_answer& answer) {
  if (!current_) return false;
  const std::size_t size = current_->size();
  std::size_t from = 0;
  if (is_stream()) {
    from = read_up_to_;
  } else if (call.offset >= base_ && call.offset - base_ < size) {
    from = static_cast<std::size_t>(call.offset - base_);
  } else if (read_up_to_ < size) {
    base_ = call.offset;  // somebody moved the position: the unfinished message starts again there
  } else {
    from = size;
  }
  if (from == size) {
    current_.reset();
    return false;
  }
  const std::size_t n = std::min(call.room, size - from);
  if (answer.data(current_->bytes().subspan(from, n))) read_up_to_ = std::max(read_up_to_, from + n);
  return true;
}

void plain_handle::begin(message_ref m, const read_call& call, read_answer& answer) {
  message_ref back, refused;
  {
    const std::lock_guard held(mutex_);
    // Another read of this handle may have got a message in between and not finished it.
    if (current_ && read_up_to_ < current_->size()) back = std::move(current_);
    const std::size_t n = std::min(call.room, m->size());
    if (answer.data(m->bytes().first(n))) {
      current_ = std::move(m);
      base_ = call.offset;
      read_up_to_ = n;
    } else {
      current_.reset();
      refused = std::move(m);
    }
  }
  if (refused) at_.at().give_back(std::move(refused));
  if (back) at_.at().give_back(std::move(back));
}

void plain_handle::read(const read_call& call, read_answer& answer) {
  if (!reads(at_.how())) return answer.failed(errc::access_denied);
  if (is_stream() && call.offset != 0) return void(answer.data({}));
  {
    const std::lock_guard held(mutex_);
    if (serve(call, answer)) return;
  }
  slot& from = at_.at();
  if (message_ref m = from.take(call.now, false)) return begin(std::move(m), call, answer);
  if (call.nonblocking) return from.unlinked() ? void(answer.data({})) : answer.failed(errc::would_wait);
  const duration timeout = std::min(from.current_settings().read_timeout, from.shared().longest_wait);
  if (timeout == duration::zero()) return void(answer.data({}));

  auto who = std::make_unique<parked>(*this, call, after(call.now, timeout), answer);
  message_ref m;
  std::error_code why;
  switch (from.take_or_park(*who, call.now, who->until(), m, why)) {
    case slot::waited::parked:
      return static_cast<void>(who.release());
    case slot::waited::took:
      return who.release()->deliver(std::move(m));
    case slot::waited::ended:
      return who.release()->end(why);
  }
}

expected<std::size_t> plain_handle::write(const write_call& call, bytes_view bytes) {
  if (!writes(at_.how())) return refuse(errc::access_denied);
  return writer_.write(at_.at(), call, bytes);
}

readiness plain_handle::ready(moment now) {
  auto state = at_.at().ready(now);
  const std::lock_guard held(mutex_);
  if (current_ && read_up_to_ < current_->size()) state.readable = true;
  return state;
}

void plain_handle::tell(std::unique_ptr<poller> who) {
  at_.at().tell(this, std::move(who));
}

message_ref plain_handle::last_delivered() const {
  const std::lock_guard held(mutex_);
  return current_;
}

}  // namespace mailslot

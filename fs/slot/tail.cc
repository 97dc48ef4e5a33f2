// Readers of copies: their backlog and its bound.
#include "fs/slot/tail.h"

#include <algorithm>

namespace mailslot {

tail::tail(slot_ref of, std::size_t messages, std::size_t bytes)
    : of_(std::move(of)), most_messages_(std::max<std::size_t>(messages, 1)), most_bytes_(bytes) {
  const slot::lock held(of_->mutex_);
  of_->more().tails.push_back(this);
}

// The backlog goes afterwards, without the lock: nobody else knows of it any more.
tail::~tail() {
  const slot::lock held(of_->mutex_);
  std::erase(of_->more().tails, this);
}

void tail::shrink() {
  while (backlog_.size() > most_messages_ || (bytes_ > most_bytes_ && backlog_.size() > 1)) {
    bytes_ -= backlog_.front()->size();
    backlog_.pop_front();
    lose_one();
  }
}

void tail::lose_one() {
  ++lost_;
  ++of_->more().lost;
}

waiter* tail::copy(const message_ref& m) {
  if (!waiters_.empty() && backlog_.empty()) {
    if (m->size() == 0 && !waiters_.front().takes_empty_) return nullptr;
    return wake();
  }
  try {
    backlog_.push_back(m);
    bytes_ += m->size();
  } catch (const std::bad_alloc&) {
    lose_one();
  }
  shrink();
  return nullptr;
}

void tail::replace(std::uint64_t id, const message_ref& with) {
  const auto at =
      std::find_if(backlog_.begin(), backlog_.end(), [id](const message_ref& m) { return m->id() == id; });
  if (at == backlog_.end()) return;
  bytes_ -= (*at)->size();
  if (!with) {
    backlog_.erase(at);
    return;
  }
  *at = with;
  bytes_ += with->size();
  shrink();
}

waiter* tail::wake() {
  if (waiters_.empty()) return nullptr;
  waiter& who = waiters_.front();
  of_->unpark(who);
  return &who;
}

tail::copy_of tail::pop() {
  copy_of got;
  if (backlog_.empty()) return got;
  got.m = std::move(backlog_.front());
  backlog_.pop_front();
  bytes_ -= got.m->size();
  std::swap(got.lost, lost_);
  return got;
}

tail::copy_of tail::take() {
  const slot::lock held(of_->mutex_);
  return pop();
}

slot::waited tail::take_or_park(waiter& who, moment until, copy_of& got, std::error_code& why) {
  if (until != never) of_->shared_.timers.add(who, until);
  slot::waited result = slot::waited::ended;
  {
    const slot::lock held(of_->mutex_);
    got = pop();
    if (got.m) {
      result = slot::waited::took;
    } else if (who.refused_) {
      why = who.refused_;
    } else if (of_->unlinked_) {
      why = {};
    } else if (of_->shared_.waiting.fetch_add(1, std::memory_order_relaxed) >= of_->shared_.most_waiting) {
      of_->shared_.waiting.fetch_sub(1, std::memory_order_relaxed);
      why = errc::too_many_waiting;
    } else {
      who.state_ = waiter::state::parked;
      waiters_.push_back(who);
      ++of_->waiting_;
      return slot::waited::parked;
    }
    who.state_ = waiter::state::done;
  }
  if (until != never) of_->shared_.timers.remove(who);
  return result;
}

void tail::give_back(copy_of c) {
  slot::aftermath then;
  slot::lock held(of_->mutex_);
  of_->take_pollers(then);
  lost_ += c.lost;
  try {
    backlog_.push_front(c.m);
    bytes_ += c.m->size();
  } catch (const std::bad_alloc&) {
    lose_one();
  }
  // As in slot::give_back(): a call from within deliver() leaves the next one to the loop of the first.
  if (!handing_out_) {
    handing_out_ = true;
    while (!backlog_.empty() && !waiters_.empty()) {
      message_ref next = std::move(backlog_.front());
      backlog_.pop_front();
      bytes_ -= next->size();
      if (next->size() == 0 && !waiters_.front().takes_empty_) continue;
      waiter* first = wake();
      held.unlock();
      first->deliver(std::move(next));
      held.lock();
    }
    handing_out_ = false;
  }
  shrink();
}

bool tail::ready() const {
  const slot::lock held(of_->mutex_);
  return !backlog_.empty() || of_->unlinked_;
}

}  // namespace mailslot

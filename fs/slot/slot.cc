// The queue, the waiting reads and what happens when one meets the other. Whatever is to be told to readers
// and pollers is told after the lock is gone.
#include "fs/slot/slot.h"

#include "fs/slot/tail.h"

namespace mailslot {

// --- waiting reads
// ---------------------------------------------------------------------------------------------

bool waiter::interrupt() noexcept {
  const std::lock_guard held(at_.mutex_);
  if (state_ == state::parked) {
    at_.unpark(*this);
    return true;
  }
  if (state_ == state::fresh) refused_ = errc::interrupted;
  return false;
}

moment waiter::due(moment, std::vector<waiter*>& ended) {
  const std::lock_guard held(at_.mutex_);
  if (state_ == state::parked) {
    at_.unpark(*this);
    ended.push_back(this);
  } else if (state_ == state::fresh && !refused_) {
    refused_ = errc::timed_out;
  }
  return never;
}

void slot::park(waiter& who) {
  who.state_ = waiter::state::parked;
  waiters_.push_back(who);
  ++waiting_;
}

void slot::unpark(waiter& who) {
  who.state_ = waiter::state::done;
  who.unlink();
  --waiting_;
  shared_.waiting.fetch_sub(1, std::memory_order_relaxed);
}

waiter* slot::first_waiter() {
  if (waiters_.empty()) return nullptr;
  waiter& who = waiters_.front();
  unpark(who);
  return &who;
}

void slot::end_waiters(lock& held) {
  std::vector<waiter*> ended;
  while (waiter* who = first_waiter()) ended.push_back(who);
  if (extras_) {
    for (tail* t : extras_->tails) {
      if (waiter* who = t->wake()) ended.push_back(who);
    }
  }
  auto told = take_pollers();
  held.unlock();
  for (waiter* who : ended) who->end({});
  for (auto& [key, who] : told) who->fire();
}

// --- the slot itself
// -------------------------------------------------------------------------------------------

slot::slot(commons& shared, const settings& initial, moment now)
    : shared_(shared), settings_(initial), created_(now), last_in_(now), last_out_(now) {}

slot::~slot() {
  if (timed_) shared_.timers.remove(*this);
}

slot::extras& slot::more() {
  if (!extras_) extras_ = std::make_unique<extras>();
  return *extras_;
}

slot::pollers slot::take_pollers() {
  return extras_ ? std::exchange(extras_->polled, {}) : pollers{};
}

bool slot::full_for(std::size_t size) const {
  return queue_.count() >= settings_.max_messages || queue_.bytes() + size > settings_.max_bytes;
}

void slot::make_room(std::size_t size, message_queue& gone) {
  while (!queue_.empty() && full_for(size)) {
    gone.push_back(queue_.pop());
    ++dropped_;
    shared_.dropped.fetch_add(1, std::memory_order_relaxed);
  }
}

void slot::expire(moment now, message_queue& gone) {
  if (settings_.ttl <= duration::zero()) return;
  while (!queue_.empty() && after(queue_.front()->time(), settings_.ttl) <= now) {
    gone.push_back(queue_.pop());
    ++expired_;
    shared_.expired.fetch_add(1, std::memory_order_relaxed);
  }
}

moment slot::next_expiry() const {
  if (settings_.ttl <= duration::zero() || queue_.empty()) return never;
  return after(queue_.front()->time(), settings_.ttl);
}

void slot::arm_expiry(moment when) {
  if (when == never) return;
  timed_ = true;
  shared_.timers.add(*this, when);
}

moment slot::due(moment now, std::vector<waiter*>&) {
  message_queue gone;
  const std::lock_guard held(mutex_);
  expire(now, gone);
  return next_expiry();
}

expected<std::uint64_t> slot::post(message_ref m, moment now) {
  const std::size_t size = m->size();
  message_queue gone;
  std::vector<waiter*> copied;
  waiter* first = nullptr;
  pollers told;
  moment expiry = never;
  std::uint64_t id = 0;
  {
    const lock held(mutex_);
    if (closed_) return refuse(errc::slot_closed);
    if ((settings_.max_message_size != 0 && size > settings_.max_message_size) ||
        size > settings_.max_bytes) {
      shared_.refused.fetch_add(1, std::memory_order_relaxed);
      return refuse(errc::message_too_long);
    }
    expire(now, gone);
    bool keep = true;
    if (waiters_.empty() && full_for(size)) {
      if (settings_.full == full_policy::reject) {
        shared_.refused.fetch_add(1, std::memory_order_relaxed);
        return refuse(errc::slot_full);
      }
      if (settings_.full == full_policy::drop_oldest) make_room(size, gone);
      keep = settings_.full == full_policy::drop_oldest;
    }
    m->id_ = id = shared_.last_id.fetch_add(1, std::memory_order_relaxed) + 1;
    m->time_ = now;
    last_in_ = now;
    ++posted_;
    shared_.posted.fetch_add(1, std::memory_order_relaxed);
    if (extras_) {
      for (tail* t : extras_->tails) {
        if (waiter* who = t->copy(m)) copied.push_back(who);
      }
    }
    if (!keep) {
      ++dropped_;
      shared_.dropped.fetch_add(1, std::memory_order_relaxed);
    } else if (size == 0 && !waiters_.empty() && !waiters_.front().takes_empty_) {
      ++taken_;  // skipped by the one whose turn it is, as by every reader who would take it for end of file
      shared_.taken.fetch_add(1, std::memory_order_relaxed);
      last_out_ = now;
    } else if ((first = first_waiter())) {
      ++taken_;
      shared_.taken.fetch_add(1, std::memory_order_relaxed);
      last_out_ = now;
    } else {
      const bool was_empty = queue_.empty();
      queue_.push_back(m);
      if (was_empty) expiry = next_expiry();
    }
    told = take_pollers();
  }
  if (first) first->deliver(std::move(m));
  for (waiter* who : copied) who->deliver({});
  for (auto& [key, who] : told) who->fire();
  arm_expiry(expiry);
  return id;
}

message_ref slot::pop(moment now, bool with_empty, message_queue& gone) {
  for (;;) {
    message_ref m = queue_.pop();
    if (!m) return m;
    ++taken_;
    shared_.taken.fetch_add(1, std::memory_order_relaxed);
    last_out_ = now;
    if (m->size() != 0 || with_empty) return m;
    gone.push_back(std::move(m));
  }
}

message_ref slot::take(moment now, bool with_empty) {
  message_queue gone;
  pollers told;
  message_ref m;
  {
    const lock held(mutex_);
    expire(now, gone);
    m = pop(now, with_empty, gone);
    if (extras_) told = take_pollers();
  }
  for (auto& [key, who] : told) who->fire();
  return m;
}

slot::waited slot::take_or_park(waiter& who, moment now, moment until, message_ref& got,
                                std::error_code& why) {
  // Before the lock, in the order of locks. If it comes due before it is parked, refused_ says so below.
  if (until != never) shared_.timers.add(who, until);
  message_queue gone;
  waited result = waited::ended;
  {
    const lock held(mutex_);
    expire(now, gone);
    if (waiters_.empty() || !queue_.empty()) got = pop(now, who.takes_empty_, gone);
    if (got) {
      result = waited::took;
    } else if (who.refused_) {
      why = who.refused_;
    } else if (unlinked_) {
      why = {};
    } else if (shared_.waiting.fetch_add(1, std::memory_order_relaxed) >= shared_.most_waiting) {
      shared_.waiting.fetch_sub(1, std::memory_order_relaxed);
      why = errc::too_many_waiting;
    } else {
      park(who);
      return waited::parked;
    }
    who.state_ = waiter::state::done;
  }
  if (until != never) shared_.timers.remove(who);
  return result;
}

void slot::give_back(message_ref m) {
  waiter* first = nullptr;
  pollers told;
  moment expiry = never;
  {
    const lock held(mutex_);
    if (closed_) return;
    if ((first = first_waiter())) {
      // Taken by another reader now: the figures stay as they are.
    } else {
      --taken_;
      shared_.taken.fetch_sub(1, std::memory_order_relaxed);
      queue_.push_front(m);
      expiry = next_expiry();
      told = take_pollers();
    }
  }
  if (first) first->deliver(std::move(m));
  for (auto& [key, who] : told) who->fire();
  arm_expiry(expiry);
}

message_ref slot::retract(std::uint64_t id) {
  message_queue all;
  message_ref found;
  const lock held(mutex_);
  all.swap(queue_);
  while (message_ref each = all.pop()) {
    if (each->id() == id) {
      found = std::move(each);
    } else {
      queue_.push_back(std::move(each));
    }
  }
  if (!found) return found;
  --posted_;
  shared_.posted.fetch_sub(1, std::memory_order_relaxed);
  return found;
}

std::vector<message_ref> slot::snapshot(moment now) {
  message_queue gone;
  std::vector<message_ref> all;
  const lock held(mutex_);
  expire(now, gone);
  all.reserve(queue_.count());
  for (message* m = queue_.front(); m; m = message_queue::next(*m)) all.emplace_back(m);
  return all;
}

std::uint32_t slot::purge() {
  message_queue gone;
  pollers told;
  {
    const lock held(mutex_);
    gone.swap(queue_);
    dropped_ += gone.count();
    shared_.dropped.fetch_add(gone.count(), std::memory_order_relaxed);
    told = take_pollers();
  }
  for (auto& [key, who] : told) who->fire();
  return gone.count();
}

settings slot::current_settings() const {
  const lock held(mutex_);
  return settings_;
}

void slot::change(const settings& wanted, moment now) {
  message_queue gone;
  pollers told;
  moment expiry = never;
  {
    const lock held(mutex_);
    settings_ = wanted;
    expire(now, gone);
    expiry = next_expiry();
    told = take_pollers();
  }
  for (auto& [key, who] : told) who->fire();
  arm_expiry(expiry);
}

figures slot::count(moment now) {
  message_queue gone;
  const lock held(mutex_);
  expire(now, gone);
  figures f;
  f.count = queue_.count();
  f.bytes = queue_.bytes();
  if (const message* m = queue_.front()) {
    f.next_size = static_cast<std::int64_t>(m->size());
    f.oldest = m->time();
  }
  f.readers = readers_;
  f.writers = writers_;
  f.waiting = waiting_;
  f.posted = posted_;
  f.taken = taken_;
  f.dropped = dropped_;
  f.expired = expired_;
  f.lost = extras_ ? extras_->lost : 0;
  f.created = created_;
  f.last_in = last_in_;
  f.last_out = last_out_;
  return f;
}

void slot::touch(moment last_in, moment last_out) {
  const lock held(mutex_);
  if (last_in != never) last_in_ = last_in;
  if (last_out != never) last_out_ = last_out;
}

std::error_code slot::add_reader(bool sole) {
  const lock held(mutex_);
  if (closed_) return errc::slot_closed;
  if ((settings_.exclusive || sole) && readers_ > 0) return errc::slot_busy;
  ++readers_;
  return {};
}

void slot::add_writer() {
  const lock held(mutex_);
  ++writers_;
}

bool slot::drop_reader() {
  message_queue gone;
  lock held(mutex_);
  if (--readers_ > 0 || !settings_.handle_lifetime || closed_) return false;
  closed_ = true;
  unlinked_ = true;
  gone.swap(queue_);
  end_waiters(held);
  return true;
}

void slot::drop_writer() {
  const lock held(mutex_);
  --writers_;
}

void slot::unlink() {
  lock held(mutex_);
  unlinked_ = true;
  end_waiters(held);
}

bool slot::unlinked() const {
  const lock held(mutex_);
  return unlinked_;
}

readiness slot::ready(moment now) {
  message_queue gone;
  const lock held(mutex_);
  expire(now, gone);
  return {!queue_.empty() || unlinked_, closed_ || !full_for(1) || settings_.full != full_policy::reject,
          closed_};
}

void slot::tell(const void* key, std::unique_ptr<poller> who) {
  const lock held(mutex_);
  std::swap(more().polled[key], who);
}

void slot::forget(const void* key) {
  std::unique_ptr<poller> gone;
  const lock held(mutex_);
  if (!extras_) return;
  if (auto node = extras_->polled.extract(key)) gone = std::move(node.mapped());
}

}  // namespace mailslot

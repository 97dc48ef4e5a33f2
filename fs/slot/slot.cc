// The queue, the waiting reads and what happens when one meets the other. Whatever is to be told to readers
// and pollers is told after the lock is gone.
#include "fs/slot/slot.h"

#include "fs/slot/tail.h"

namespace mailslot {

// --- waiting reads ---

bool waiter::interrupt() noexcept {
  const std::lock_guard held(at_.mutex_);
  if (state_ == state::parked) {
    at_.unpark(*this);
    return true;
  }
  if (state_ == state::fresh) refused_ = errc::interrupted;
  return false;
}

moment waiter::due(moment, overdue& then) {
  const std::lock_guard held(at_.mutex_);
  if (state_ == state::parked) {
    at_.unpark(*this);
    then.ended.push_back(this);
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
  aftermath then;
  waiter_list ended;
  while (waiter* who = first_waiter()) ended.push_back(*who);
  if (extras_) {
    for (tail* t : extras_->tails) {
      while (waiter* who = t->wake()) ended.push_back(*who);
    }
  }
  take_pollers(then);
  held.unlock();
  while (!ended.empty()) {
    waiter& who = ended.front();
    ended.pop_front();
    who.end({});
  }
}

// --- the slot itself ---

slot::slot(commons& shared, const settings& initial, moment now)
    : shared_(shared), settings_(initial), created_(now), last_in_(now), last_out_(now) {}

slot::~slot() {
  if (timed_) shared_.timers.remove(*this);
}

slot::extras& slot::more() {
  if (!extras_) extras_ = std::make_unique<extras>();
  return *extras_;
}

void slot::take_pollers(aftermath& then) {
  if (extras_) then.told.merge(extras_->polled);
}

bool slot::too_long(std::size_t size) const {
  return (settings_.max_message_size != 0 && size > settings_.max_message_size) || size > settings_.max_bytes;
}

bool slot::full_for(std::size_t size) const {
  return queue_.count() >= settings_.max_messages || queue_.bytes() + size > settings_.max_bytes;
}

void slot::make_room(std::size_t size, tally& counts, message_queue& gone) {
  for (; !queue_.empty() && full_for(size); ++counts.dropped) gone.push_back(queue_.pop());
}

void slot::expire(moment now, aftermath& then) {
  if (settings_.ttl <= duration::zero()) return;
  bool any = false;
  while (!queue_.empty() && after(queue_.front()->time(), settings_.ttl) <= now) {
    then.gone.push_back(queue_.pop());
    ++expired_;
    shared_.expired.fetch_add(1, std::memory_order_relaxed);
    any = true;
  }
  if (any) take_pollers(then);  // there is room now
}

moment slot::next_expiry() const {
  if (settings_.ttl <= duration::zero() || queue_.empty()) return never;
  return after(queue_.front()->time(), settings_.ttl);
}

void slot::arm_expiry(moment when) {
  if (when == never) return;
  timed_ = true;
  try {
    shared_.timers.add(*this, when);
  } catch (const std::bad_alloc&) {
    // Whoever comes next looks what has expired.
  }
}

moment slot::due(moment now, overdue& then) {
  aftermath mine;
  const std::lock_guard held(mutex_);
  expire(now, mine);
  for (auto& [key, who] : std::exchange(mine.told, {})) then.told.push_back(std::move(who));
  return next_expiry();
}

// Decides where `m` goes and takes it, or leaves it and says why not.
std::error_code slot::admit(message_ref& m, std::uint64_t id, moment now, handovers& given, tally& counts,
                            aftermath& then) {
  const std::size_t size = m->size();
  if (too_long(size)) return errc::message_too_long;
  bool keep = true;
  if (waiters_.empty() && full_for(size)) {
    if (settings_.full == full_policy::reject) return errc::slot_full;
    if (settings_.full == full_policy::drop_oldest) make_room(size, counts, then.gone);
    keep = settings_.full == full_policy::drop_oldest;
  }
  m->id_ = id;
  m->time_ = now;
  ++counts.posted;
  if (extras_) {
    for (tail* t : extras_->tails) {
      if (waiter* who = t->copy(m)) given.push_back({who, m});
    }
  }
  if (!keep) {
    ++counts.dropped;
    then.gone.push_back(std::move(m));
  } else if (waiters_.empty()) {
    queue_.push_back(std::move(m));
  } else {
    ++counts.taken;
    last_out_ = now;
    // An empty one is skipped by the reader whose turn it is, if he would take it for end of file.
    if (size == 0 && !waiters_.front().takes_empty_) {
      then.gone.push_back(std::move(m));
    } else {
      given.push_back({first_waiter(), std::move(m)});
    }
  }
  return {};
}

bool slot::just_queues(const message_queue& batch) const {
  if (!waiters_.empty() || (extras_ && !extras_->tails.empty())) return false;
  if (queue_.count() + std::uint64_t{batch.count()} > settings_.max_messages) return false;
  if (queue_.bytes() + batch.bytes() > settings_.max_bytes) return false;
  if (settings_.max_message_size == 0) return true;
  for (const message* m = batch.front(); m; m = message_queue::next(*m)) {
    if (too_long(m->size())) return false;
  }
  return true;
}

void slot::add(const tally& counts) {
  const auto into = [](std::uint64_t& mine, std::atomic<std::uint64_t>& all, std::uint64_t n) {
    if (n == 0) return;
    mine += n;
    all.fetch_add(n, std::memory_order_relaxed);
  };
  into(posted_, shared_.posted, counts.posted);
  into(taken_, shared_.taken, counts.taken);
  into(dropped_, shared_.dropped, counts.dropped);
}

slot::posted slot::post(message_queue& batch, moment now) {
  aftermath then;
  handovers given;
  posted result;
  moment expiry = never;
  {
    const lock held(mutex_);
    if (closed_) return {errc::slot_closed};
    expire(now, then);
    const bool was_empty = queue_.empty();
    // From here on nothing may fail: a read that was chosen has to get its message.
    given.reserve(
        std::min<std::size_t>(waiting_, batch.count() * (1 + (extras_ ? extras_->tails.size() : 0))));
    // Under the lock, so that the order of ids is that of the queue. A refusal leaves a gap.
    result.last_id = shared_.last_id.fetch_add(batch.count(), std::memory_order_relaxed);
    tally counts;
    if (just_queues(batch)) {
      for (message* m = batch.front(); m; m = m->next_) {
        m->id_ = ++result.last_id;
        m->time_ = now;
      }
      counts.posted = batch.count();
      queue_.append(batch);
    }
    while (message_ref m = batch.pop()) {
      result.refused = admit(m, result.last_id + 1, now, given, counts, then);
      if (result.refused) {
        shared_.refused.fetch_add(1, std::memory_order_relaxed);
        batch.push_front(std::move(m));
        break;
      }
      ++result.last_id;
    }
    add(counts);
    if (counts.posted != 0) {
      last_in_ = now;
      if (was_empty) expiry = next_expiry();
      take_pollers(then);
    }
  }
  for (auto& each : given) each.to->deliver(std::move(each.m));
  arm_expiry(expiry);
  return result;
}

expected<std::uint64_t> slot::post(message_ref m, moment now) {
  message_queue one;
  one.push_back(std::move(m));
  const auto [refused, id] = post(one, now);
  if (refused) return refuse(refused);
  return id;
}

void slot::took(std::uint64_t count, moment now, aftermath& then) {
  add({.taken = count});
  last_out_ = now;
  take_pollers(then);  // there is room now
}

message_ref slot::pop(moment now, bool with_empty, aftermath& then) {
  for (;;) {
    message_ref m = queue_.pop();
    if (!m) return m;
    took(1, now, then);
    if (m->size() != 0 || with_empty) return m;
    then.gone.push_back(std::move(m));
  }
}

message_ref slot::take(moment now, bool with_empty) {
  aftermath then;
  const lock held(mutex_);
  expire(now, then);
  return pop(now, with_empty, then);
}

slot::waited slot::take_or_park(waiter& who, moment now, moment until, message_ref& got,
                                std::error_code& why) {
  // Before the lock, in the order of locks. If it comes due before it is parked, refused_ says so below.
  if (until != never) shared_.timers.add(who, until);
  aftermath then;
  waited result = waited::ended;
  {
    const lock held(mutex_);
    expire(now, then);
    got = pop(now, who.takes_empty_, then);
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
  message_queue one;
  one.push_back(std::move(m));
  give_back(one);
}

void slot::give_back(message_queue& oldest_first) {
  aftermath then;
  moment expiry = never;
  {
    lock held(mutex_);
    if (closed_) {
      then.gone.swap(oldest_first);
      return;
    }
    taken_ -= oldest_first.count();
    shared_.taken.fetch_sub(oldest_first.count(), std::memory_order_relaxed);
    queue_.merge(oldest_first);
    // A reader that is gone gives its message back from within deliver(). Any number of them may wait in a
    // row (a mount that was aborted), so that call leaves the next one to this loop.
    if (handing_out_) return;
    handing_out_ = true;
    while (!queue_.empty() && !waiters_.empty()) {
      message_ref next = queue_.pop();
      ++taken_;
      shared_.taken.fetch_add(1, std::memory_order_relaxed);
      if (next->size() == 0 && !waiters_.front().takes_empty_) {
        then.gone.push_back(std::move(next));
        continue;
      }
      waiter* first = first_waiter();
      held.unlock();
      first->deliver(std::move(next));
      held.lock();
    }
    handing_out_ = false;
    expiry = next_expiry();
    take_pollers(then);
  }
  arm_expiry(expiry);
}

message_ref slot::find(std::uint64_t id) const {
  const lock held(mutex_);
  return queue_.find(id);
}

std::error_code slot::replace(std::uint64_t id, const message_ref& with) {
  aftermath then;
  const lock held(mutex_);
  const message* old = queue_.find(id);
  if (!old) return errc::stale;
  const std::size_t size = with->size();
  if (too_long(size)) return errc::message_too_long;
  if (queue_.bytes() - old->size() + size > settings_.max_bytes) return errc::slot_full;
  if (auto replaced = queue_.replace(id, with)) then.gone.push_back(std::move(replaced));
  if (extras_) {
    for (tail* t : extras_->tails) t->replace(id, with);
  }
  return {};
}

message_ref slot::retract(std::uint64_t id) {
  aftermath then;
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
  if (extras_) {
    for (tail* t : extras_->tails) t->replace(id, {});
  }
  take_pollers(then);  // there is room now
  return found;
}

std::vector<message_ref> slot::snapshot(moment now) {
  aftermath then;
  std::vector<message_ref> all;
  const lock held(mutex_);
  expire(now, then);
  all.reserve(queue_.count());
  for (message* m = queue_.front(); m; m = message_queue::next(*m)) all.emplace_back(m);
  return all;
}

std::uint32_t slot::purge() {
  aftermath then;
  const lock held(mutex_);
  then.gone.swap(queue_);
  dropped_ += then.gone.count();
  shared_.dropped.fetch_add(then.gone.count(), std::memory_order_relaxed);
  take_pollers(then);
  return then.gone.count();
}

settings slot::current_settings() const {
  const lock held(mutex_);
  return settings_;
}

void slot::change(const settings& wanted, moment now) {
  aftermath then;
  moment expiry = never;
  {
    const lock held(mutex_);
    settings_ = wanted;
    expire(now, then);
    expiry = next_expiry();
    take_pollers(then);
  }
  arm_expiry(expiry);
}

figures slot::count(moment now) {
  aftermath then;
  const lock held(mutex_);
  expire(now, then);
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
  aftermath then;
  const lock held(mutex_);
  expire(now, then);
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

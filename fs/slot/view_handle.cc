// Reading and writing through a view.
#include "fs/slot/view_handle.h"

#include "fs/slot/plain_handle.h"
#include "fs/slot/strict_handle.h"

#include <algorithm>
#include <iterator>

namespace mailslot {
namespace {

// Messages that are taken with the lock of the slot held once.
constexpr std::size_t most_at_once = 256;

}  // namespace

expected<std::unique_ptr<handle>> open_view(const view& how, attendance at, view_environment around) {
  if (how.strict) return std::make_unique<strict_handle>(std::move(at));
  if (how == view{}) return std::make_unique<plain_handle>(std::move(at));
  if (how.source != taking::take && writes(at.how())) return refuse(errc::not_permitted);
  return std::make_unique<view_handle>(how, std::move(at), std::move(around));
}

view_handle::view_handle(const view& how, attendance at, view_environment around)
    : how_(how), at_(std::move(at)), around_(std::move(around)), stream_(*how.frame) {
  if (how_.source == taking::tail) copies_.emplace(at_.ref());
}

view_handle::~view_handle() {
  at_.at().forget(this);
  if (current_ && how_.source == taking::take) give_back(current_->undelivered());
}

// --- where messages come from ---

void view_handle::collect_from_queue(chunk& into, std::size_t room, moment now) {
  slot& from = at_.at();
  message_queue some;
  try {
    if (how_.frame->verbatim()) {
      if (message_ref m = from.take(now, how_.frame->shows_empty())) some.push_back(std::move(m));
      return into.add(some, 0);
    }
    packer sizes(room - std::min(room, into.size()), !into.empty(), *how_.frame, around_);
    std::size_t count = 0;
    do {
      const std::size_t before = sizes.size();
      from.take_while(
          now, [&](const message& m) { return some.count() < most_at_once && sizes.fits(m); }, some);
      count = some.count();
      into.add(some, sizes.size() - before);
    } while (count == most_at_once);
  } catch (const std::bad_alloc&) {
    from.give_back(some);
    if (into.empty()) throw;
  }
}

void view_handle::collect_from_snapshot(chunk& into, std::size_t room, moment now) {
  std::call_once(looked_, [&] {
    auto all = at_.at().snapshot(now);
    const std::lock_guard held(mutex_);
    snapshot_.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  });
  const std::lock_guard held(mutex_);
  while (!snapshot_.empty()) {
    if (snapshot_.front()->size() != 0 || how_.frame->shows_empty()) {
      tail::copy_of next{.m = snapshot_.front()};
      if (!into.add_within(room, next)) return;
    }
    snapshot_.pop_front();
  }
}

void view_handle::collect_copies(chunk& into, std::size_t room) {
  for (auto got = copies_->take(); got.m; got = copies_->take()) {
    if (got.m->size() == 0 && !how_.frame->shows_empty()) continue;
    try {
      if (into.add_within(room, got)) continue;
    } catch (const std::bad_alloc&) {
      copies_->give_back(std::move(got));
      if (into.empty()) throw;
      return;
    }
    copies_->give_back(std::move(got));
    return;
  }
}

void view_handle::collect(chunk& into, std::size_t room, moment now) {
  switch (how_.source) {
    case taking::take:
      collect_from_queue(into, room, now);
      break;
    case taking::peek:
      collect_from_snapshot(into, room, now);
      break;
    case taking::tail:
      collect_copies(into, room);
      break;
  }
}

void view_handle::give_back(std::vector<tail::copy_of> rest) {
  switch (how_.source) {
    case taking::take: {
      message_queue messages;
      for (auto& each : rest) messages.push_back(std::move(each.m));
      if (!messages.empty()) at_.at().give_back(messages);
      return;
    }
    case taking::peek: {
      const std::lock_guard held(mutex_);
      for (; !rest.empty(); rest.pop_back()) snapshot_.push_front(std::move(rest.back().m));
      return;
    }
    case taking::tail:
      for (; !rest.empty(); rest.pop_back()) copies_->give_back(std::move(rest.back()));
      return;
  }
}

// --- reading ---

bool view_handle::serve(const read_call& call, read_answer& answer) {
  if (!current_) return false;
  const std::size_t size = current_->size();
  std::size_t from = size;
  if (is_stream()) {
    from = current_->read_up_to();
  } else if (call.offset >= base_ && call.offset - base_ < size) {
    from = static_cast<std::size_t>(call.offset - base_);
  } else if (!how_.frame->one_message() && !current_->finished()) {
    current_->restart();  // somebody moved the position: what is unfinished starts again there
    base_ = call.offset;
    from = 0;
  }
  if (from >= current_->size() && !how_.frame->one_message()) return false;
  const std::size_t n = std::min(call.room, current_->size() - from);
  if (answer.data(current_->bytes().subspan(from, n))) current_->delivered(from + n);
  return true;
}

void view_handle::begin(chunk c, const read_call& call, read_answer& answer) {
  std::vector<tail::copy_of> back;
  {
    const std::lock_guard held(mutex_);
    if (current_ && how_.frame->one_message()) {
      // Two reads waited at once, and this handle has its message.
      back = c.undelivered();
      serve(call, answer);
    } else {
      if (current_ && !current_->finished()) back = current_->undelivered();
      current_.reset();
      const std::size_t n = std::min(call.room, c.size());
      if (answer.data(c.bytes().first(n))) {
        c.delivered(n);
        current_ = std::move(c);
        base_ = how_.frame->one_message() ? 0 : call.offset;
      } else {
        for (auto& each : c.undelivered()) back.push_back(std::move(each));
      }
    }
  }
  if (!back.empty()) give_back(std::move(back));
}

void view_handle::read(const read_call& call, read_answer& answer) {
  if (!reads(at_.how())) return answer.failed(errc::access_denied);
  if (is_stream() && call.offset != 0) return void(answer.data({}));
  std::optional<chunk> spent;
  {
    const std::lock_guard held(mutex_);
    if (serve(call, answer)) return;
    spent.swap(current_);
  }
  chunk c = spent ? chunk::in_place_of(*std::move(spent)) : chunk(*how_.frame, around_);
  collect(c, call.room, call.now);
  if (!c.empty()) return begin(std::move(c), call, answer);
  if (how_.source == taking::peek) return void(answer.data({}));
  read_later(call, answer);
}

void view_handle::read_later(const read_call& call, read_answer& answer) {
  slot& from = at_.at();
  if (call.nonblocking) return from.unlinked() ? void(answer.data({})) : answer.failed(errc::would_wait);
  const bool at_any_cost = how_.source == taking::tail || how_.patience == waiting::wait;
  const duration wanted = at_any_cost ? forever : from.current_settings().read_timeout;
  const duration timeout = std::min(wanted, from.shared().longest_wait);
  if (timeout == duration::zero()) return void(answer.data({}));
  parked_read::read(*this, from, copies_ ? &*copies_ : nullptr, how_.frame->shows_empty(), call,
                    after(call.now, timeout), answer);
}

void view_handle::arrived(tail::copy_of got, const read_call& call, read_answer& answer) noexcept {
  chunk c(*how_.frame, around_);
  const moment now = std::max(call.now, got.m->time());
  try {
    c.add(std::move(got));
    // One write may have brought many.
    if (!how_.frame->verbatim() && !how_.frame->one_message()) collect(c, call.room, now);
  } catch (const std::bad_alloc&) {
    if (c.empty()) {
      how_.source == taking::tail ? copies_->give_back(std::move(got)) : at_.at().give_back(std::move(got.m));
      return answer.failed(errc::no_room);
    }
  }
  begin(std::move(c), call, answer);
}

void view_handle::ended(std::error_code why, read_answer& answer) noexcept {
  if (why == errc::timed_out) why = {};
  why ? answer.failed(why) : void(answer.data({}));
}

// --- writing ---

expected<std::size_t> view_handle::write(const write_call& call, bytes_view bytes) {
  if (!writes(at_.how())) return refuse(errc::access_denied);
  return is_framed() ? stream_.write(at_.at(), call, bytes) : plain_.write(at_.at(), call, bytes);
}

std::error_code view_handle::flush(const sender& by, bool killed, moment now) {
  return wants_flush() ? stream_.finish(at_.at(), by, killed, now) : std::error_code();
}

// --- the rest ---

readiness view_handle::ready(moment now) {
  auto state = at_.at().ready(now);
  const bool copied = copies_ && copies_->ready();
  const std::lock_guard held(mutex_);
  const bool rest = current_ && (how_.frame->one_message() || !current_->finished());
  switch (how_.source) {
    case taking::take:
      state.readable |= rest;
      break;
    case taking::peek:
      state.readable = true;
      break;
    case taking::tail:
      state.readable = copied || rest;
      break;
  }
  return state;
}

message_ref view_handle::last_delivered() const {
  const std::lock_guard held(mutex_);
  return current_ ? current_->last() : message_ref();
}

}  // namespace mailslot

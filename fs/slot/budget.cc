// Accounts of the memory that messages take.
#include "fs/slot/budget.h"

namespace mailslot {
namespace {

// Adds `bytes` to `used` unless that passes `bound` (0 = none).
bool add_within(std::atomic<std::uint64_t>& used, std::uint64_t bytes, std::uint64_t bound) noexcept {
  const auto before = used.fetch_add(bytes, std::memory_order_relaxed);
  if (bound == 0 || before + bytes <= bound) return true;
  used.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

}  // namespace

std::error_code account::add(std::size_t bytes) noexcept {
  // Root is bounded by the total alone: it is the one who has to clean up.
  const auto user_bound = uid_ == 0 ? 0 : whole_->user_bytes_;
  if (!add_within(used_, bytes, user_bound)) return errc::user_over_quota;
  if (add_within(whole_->used_, bytes, whole_->total_bytes_)) return {};
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  return errc::no_room;
}

std::error_code account::charge(std::size_t bytes) noexcept {
  const auto refused = add(bytes);
  if (refused) whole_->refused_.fetch_add(1, std::memory_order_relaxed);
  return refused;
}

bool account::reserve(std::size_t bytes) noexcept {
  return !add(bytes);
}

void account::release(std::size_t bytes) noexcept {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  whole_->used_.fetch_sub(bytes, std::memory_order_relaxed);
}

std::error_code allowance::fill_up(std::size_t least) noexcept {
  if (payer_.reserve(least + ahead)) {
    left_ += least + ahead;
    return {};
  }
  if (auto refused = payer_.charge(least - left_)) return refused;
  left_ = least;
  return {};
}

account& budget::of(uid_t uid) {
  if (auto* last = last_.load(std::memory_order_acquire); last && last->uid() == uid) return *last;
  const std::lock_guard lock(mutex_);
  auto found = by_uid_.find(uid);
  if (found == by_uid_.end()) {
    if (accounts_.size() >= most_accounts) return others_;
    found = by_uid_.emplace(uid, &accounts_.emplace_back(uid, *this)).first;
  }
  last_.store(found->second, std::memory_order_release);
  return *found->second;
}

}  // namespace mailslot

// Who pays for the memory of messages: one account a user, one bound for all. Knows numbers, not messages.
#pragma once

#include "fs/slot/error.h"

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>

namespace mailslot {

class budget;

// What the messages of one user take at the moment.
class account {
 public:
  account(uid_t uid, budget& whole) : uid_(uid), whole_(&whole) {}

  // Takes `bytes` from this user's and from everybody's bound, or nothing.
  // Errors: user_over_quota, no_room.
  std::error_code charge(std::size_t bytes) noexcept;
  // Gives back what was charged before.
  void release(std::size_t bytes) noexcept;
  // Like charge(), for what is not needed yet: a refusal is no error and is not counted.
  bool reserve(std::size_t bytes) noexcept;

  uid_t uid() const { return uid_; }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::error_code add(std::size_t bytes) noexcept;

  const uid_t uid_;
  budget* const whole_;
  std::atomic<std::uint64_t> used_ = 0;
};

// Pays for many small things one by one and touches the account, which all threads share, once for many of
// them: it charges some room ahead, where there is room, and gives the rest back at its end.
class allowance {
 public:
  static constexpr std::size_t ahead = 16384;

  explicit allowance(account& payer) : payer_(payer) {}
  allowance(const allowance&) = delete;
  allowance& operator=(const allowance&) = delete;
  ~allowance() {
    if (left_ != 0) payer_.release(left_);
  }

  // Errors: those of account::charge(), exactly when that would have failed without this.
  std::error_code charge(std::size_t bytes) noexcept {
    if (bytes > left_) {
      if (auto refused = fill_up(bytes)) return refused;
    }
    left_ -= bytes;
    return {};
  }
  // Gives back what was charged before.
  void release(std::size_t bytes) noexcept { left_ += bytes; }
  account& payer() const { return payer_; }

 private:
  std::error_code fill_up(std::size_t least) noexcept;

  account& payer_;
  std::size_t left_ = 0;
};

// The accounts of all users. Accounts live as long as the budget; above `most_accounts` users share one, so
// that a caller with many user ids (a user namespace) cannot make the table grow.
class budget {
 public:
  static constexpr std::size_t most_accounts = 4096;
  // The account of a message's sender where no user is known (the network).
  static constexpr uid_t nobody = static_cast<uid_t>(-1);

  // Bounds in bytes, bookkeeping of messages included; 0 = no bound.
  budget(std::uint64_t total_bytes, std::uint64_t user_bytes)
      : total_bytes_(total_bytes), user_bytes_(user_bytes), others_(nobody, *this) {}
  budget(const budget&) = delete;
  budget& operator=(const budget&) = delete;

  account& of(uid_t uid);

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t total_bytes() const { return total_bytes_; }
  std::uint64_t user_bytes() const { return user_bytes_; }
  // How often a charge was refused.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  friend class account;

  const std::uint64_t total_bytes_;
  const std::uint64_t user_bytes_;
  std::atomic<std::uint64_t> used_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::mutex mutex_;  // guards the two below
  std::deque<account> accounts_;
  std::unordered_map<uid_t, account*> by_uid_;
  account others_;
  std::atomic<account*> last_ = nullptr;  // most calls come from the same user as the one before
};

}  // namespace mailslot

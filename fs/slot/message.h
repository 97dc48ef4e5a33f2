// A message: bytes in one piece with what is known about them, in one allocation, shared by counting. Whoever
// holds a reference keeps it and its charge alive; the link to the next message belongs to the slot it waits
// in.
#pragma once

#include "fs/slot/block_lot.h"
#include "fs/slot/budget.h"
#include "fs/slot/error.h"
#include "fs/slot/moment.h"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mailslot {

using bytes_view = std::span<const std::byte>;

inline bytes_view as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The largest message that one FUSE request is sure to carry and that is never glued to the next: 255 pages
// (measured: the kernel splits an unaligned write(2) of 1 MiB).
inline constexpr std::size_t largest_message = 255 * 4096;

// Where a message from the network came from. What it says of itself is a claim unless `verified`.
struct origin {
  std::string address;
  std::string name;
  bool verified = false;
};

// The process that posted. pid 0 and `budget::nobody` mean unknown (another namespace, or the network).
struct sender {
  uid_t uid = budget::nobody;
  gid_t gid = budget::nobody;
  pid_t pid = 0;
  std::shared_ptr<const origin> from{};  // empty for this machine
};

// What many messages in a row are made of: room that their sender pays for, and blocks.
struct message_supply {
  explicit message_supply(account& payer) : pays(payer) {}
  allowance pays;
  block_lot blocks;
};

class message;
using message_ref = boost::intrusive_ptr<message>;

class message {
 public:
  // Room for `size` bytes that the caller fills through body() before it posts; `by.uid` pays.
  // Errors: message_too_long, user_over_quota, no_room.
  static expected<message_ref> make(std::size_t size, const sender& by, budget& pays);
  // The same with a copy of `bytes`.
  static expected<message_ref> copy(bytes_view bytes, const sender& by, budget& pays);
  // The same out of bytes that lie in a block of malloc(3), at `lent_offset` from its start, without copying
  // them: the message takes the block. `block` is null afterwards, unless there was an error.
  static expected<message_ref> adopt(void*& block, std::size_t size, const sender& by, budget& pays);
  static constexpr std::size_t lent_offset = 80;
  // copy() for one of many in a row, whose sender is the one that pays for `supply`.
  static expected<message_ref> copy(bytes_view bytes, const sender& by, message_supply& supply);

  std::size_t size() const { return size_; }
  bytes_view bytes() const { return {reinterpret_cast<const std::byte*>(this + 1), size_}; }
  std::span<std::byte> body() { return {reinterpret_cast<std::byte*>(this + 1), size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size_}; }

  // Given by the slot: grows with every message of the daemon; when it was posted.
  std::uint64_t id() const { return id_; }
  moment time() const { return time_; }

  uid_t uid() const { return account_->uid(); }
  gid_t gid() const { return gid_; }
  pid_t pid() const { return pid_; }
  // Null for a message of this machine.
  const origin* from() const;

  // What a message of `size` bytes takes from an account.
  static constexpr std::size_t cost(std::size_t size);

 private:
  friend class message_queue;
  friend class message_disposal;
  friend class slot;
  friend void intrusive_ptr_add_ref(message* m) noexcept {
    m->references_.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(message* m) noexcept {
    if (m->unshare()) destroy(m);
  }

  // What lies before it in its allocation: nothing; where it came from; bytes of no use, and the block is one
  // of malloc(3).
  enum class kind : std::uint8_t { plain, remote, adopted };
  static constexpr std::size_t front_of(kind k);

  message(kind k, std::size_t size, const sender& by, account& pays)
      : size_(static_cast<std::uint32_t>(size) & 0xffffffU),
        kind_(k),
        account_(&pays),
        gid_(by.gid),
        pid_(by.pid) {}
  ~message() = default;
  template <class Payer, class Allocate>
  static expected<message_ref> make(std::size_t size, const sender& by, Payer& pays, account& payer,
                                    Allocate&& allocate);
  static void destroy(message* m) noexcept;
  // The same without the account: gives a block that may serve again to `blocks`, if there are any.
  static void free(message* m, block_lot* blocks) noexcept;
  // Gives a reference up; true: it was the last. Whoever has the only one needs no atomic change.
  bool unshare() noexcept {
    return references_.load(std::memory_order_acquire) == 1 ||
           references_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  std::atomic<std::uint32_t> references_ = 1;
  const std::uint32_t size_ : 24;
  const kind kind_;
  std::uint64_t id_ = 0;
  moment time_{};
  account* const account_;
  const gid_t gid_;
  const pid_t pid_;
  message* next_ = nullptr;
};

// Said to users as "64 bytes of bookkeeping a message": these and the 16 that an allocator takes and rounds
// up, on average.
static_assert(sizeof(message) == 48 && largest_message < 1U << 24U);

constexpr std::size_t message::cost(std::size_t size) {
  return sizeof(message) + 16 + size;
}

constexpr std::size_t message::front_of(kind k) {
  switch (k) {
    case kind::plain:
      return 0;
    case kind::remote:
      return sizeof(std::shared_ptr<const origin>);
    case kind::adopted:
      return lent_offset - sizeof(message);
  }
  return 0;
}

// Lets go of many messages and touches their accounts and what is spare, which all threads share, once for
// many of them.
class message_disposal {
 public:
  message_disposal() = default;
  message_disposal(const message_disposal&) = delete;
  message_disposal& operator=(const message_disposal&) = delete;
  ~message_disposal() { settle(); }

  void add(message_ref m) noexcept;

 private:
  void settle() noexcept;
  account* payer_ = nullptr;
  std::size_t bytes_ = 0;
  block_lot blocks_;
};

// First in, first out, linked through the messages themselves. Owns what it holds. Not locked.
class message_queue {
 public:
  message_queue() = default;
  message_queue(const message_queue&) = delete;
  message_queue& operator=(const message_queue&) = delete;
  ~message_queue();

  bool empty() const { return head_ == nullptr; }
  std::uint32_t count() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }
  message* front() const { return head_; }
  static message* next(const message& m) { return m.next_; }

  void push_back(message_ref m) noexcept;
  void push_front(message_ref m) noexcept;
  // Takes all of `others` in, behind its own, in one step.
  void append(message_queue& others) noexcept;
  // Takes all of `others` in, each before the first that was posted after it. Where both are in the order of
  // posting, as they nearly always are, in one walk.
  void merge(message_queue& others) noexcept;
  // The oldest, or null.
  message_ref pop() noexcept;
  // Puts `with` where the message `id` was, with its id and time. Null, and nothing done: it is not here.
  message_ref replace(std::uint64_t id, const message_ref& with) noexcept;
  message* find(std::uint64_t id) const noexcept;
  // Takes everything out in one step, so that it can be freed without a lock.
  void swap(message_queue& other) noexcept;

 private:
  message* head_ = nullptr;
  message* tail_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

inline void message_queue::push_back(message_ref m) noexcept {
  message* added = m.detach();
  added->next_ = nullptr;
  (tail_ ? tail_->next_ : head_) = added;
  tail_ = added;
  ++count_;
  bytes_ += added->size();
}

inline message_ref message_queue::pop() noexcept {
  message* first = head_;
  if (!first) return {};
  head_ = std::exchange(first->next_, nullptr);
  if (!head_) tail_ = nullptr;
  --count_;
  bytes_ -= first->size();
  return {first, false};
}

}  // namespace mailslot

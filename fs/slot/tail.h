// One reader of copies: every message posted from its making on, none taken. It has a bounded backlog of
// shared messages; who falls behind loses the oldest, and is told how many.
#pragma once

#include "fs/slot/slot.h"

#include <deque>

namespace mailslot {

class tail {
 public:
  static constexpr std::size_t most_messages = 65536;
  static constexpr std::size_t most_bytes = 16ULL << 20U;

  explicit tail(slot_ref of, std::size_t messages = most_messages, std::size_t bytes = most_bytes);
  tail(const tail&) = delete;
  tail& operator=(const tail&) = delete;
  ~tail();

  struct copy_of {
    message_ref m;           // null: nothing is here
    std::uint64_t lost = 0;  // copies lost before this one
  };
  // The oldest copy and how many were lost before it: a loss is told once, with the message that follows.
  copy_of take();
  // The same, or parks `who` as slot::take_or_park() does. A waiter who takes no empty messages never sees
  // those that come while it waits.
  slot::waited take_or_park(waiter& who, moment until, copy_of& got, std::error_code& why);
  // Puts a copy that was not delivered back before all others.
  void give_back(copy_of c);

  bool ready() const;

 private:
  friend class slot;

  // All of these with the lock of the slot held. A waiter is for the caller to wake, without the lock; the
  // one that copy() returns gets the message itself, and is null when the copy went into the backlog.
  waiter* copy(const message_ref& m);
  // Puts `with` (null: nothing) in the place of the copy `id`, if it is still here.
  void replace(std::uint64_t id, const message_ref& with);
  waiter* wake();
  copy_of pop();
  void shrink();
  void lose_one();

  const slot_ref of_;
  const std::size_t most_messages_, most_bytes_;
  std::deque<message_ref> backlog_;  // all below under the lock of the slot
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
  bool handing_out_ = false;  // somebody is in the loop of give_back()
  waiter_list waiters_;
};

}  // namespace mailslot

// A read that waits for a message: parked at a slot, in order of arrival, until exactly one of message,
// deadline, signal, removal or shutdown ends it.
#pragma once

#include "fs/slot/deadlines.h"
#include "fs/slot/error.h"
#include "fs/slot/message.h"

#include <boost/intrusive/list.hpp>

namespace mailslot {

class slot;

// Waits in one list at a time, of the slot or of a tail; unlinks itself.
using waiter_hook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class waiter : public timed, public waiter_hook {
 public:
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  // One of these two is called, once, after the waiter was parked; no lock is held and the slot has forgotten
  // it.
  virtual void deliver(message_ref m) noexcept = 0;
  // `why`: timed_out, interrupted, or nothing at all for end of file (the slot was removed, the daemon ends).
  virtual void end(std::error_code why) noexcept = 0;

  // A signal came for the one who reads, maybe before the waiter was parked. True: end(interrupted) is now
  // the caller's to call; false: somebody else has ended the wait or the slot will refuse to park it.
  bool interrupt() noexcept;

 protected:
  // `takes_empty`: an empty message is a message for this reader and not something to skip.
  explicit waiter(slot& at, bool takes_empty) : at_(at), takes_empty_(takes_empty) {}
  ~waiter() override = default;

 private:
  friend class slot;
  friend class tail;

  moment due(moment now, overdue& then) final;

  enum class state { fresh, parked, done };
  slot& at_;
  const bool takes_empty_;
  state state_ = state::fresh;  // this and the next under the lock of the slot
  std::error_code refused_;     // what came before it was parked
};

using waiter_list = boost::intrusive::list<waiter, boost::intrusive::constant_time_size<false>>;

}  // namespace mailslot

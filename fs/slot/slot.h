// A mailslot: messages that wait, reads that wait, and the limits on both. Knows no FUSE, no names, no clock:
// time comes in as an argument. All functions may be called from any thread.
#pragma once

#include "fs/slot/budget.h"
#include "fs/slot/deadlines.h"
#include "fs/slot/message.h"
#include "fs/slot/poller.h"
#include "fs/slot/settings.h"
#include "fs/slot/waiter.h"

#include <boost/container/small_vector.hpp>
#include <boost/intrusive/list.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace mailslot {

// What all slots of a daemon share.
struct commons {
  budget& memory;
  deadlines& timers;
  std::uint32_t most_waiting = 100'000;  // blocked reads in the whole daemon
  duration longest_wait = forever;       // of a blocked read, whatever the slot's read_timeout
  std::atomic<std::uint64_t> last_id = 0;
  std::atomic<std::uint32_t> waiting = 0;
  // Totals since the start, which outlive the slots.
  std::atomic<std::uint64_t> posted = 0, taken = 0, dropped = 0, expired = 0, refused = 0;
};

// The backlog of one reader of copies; see tail.h.
class tail;

struct readiness {
  bool readable = false;  // a message waits, or a read would end at once
  bool writable = false;  // there is room
  bool closed = false;    // a write would fail for good
};

class slot final : private timed {
 public:
  slot(commons& shared, const settings& initial, moment now);
  slot(const slot&) = delete;
  slot& operator=(const slot&) = delete;
  ~slot();

  // Hands `m` to the first waiting read or queues it, whole or not at all, and gives it its id and time.
  // Returns the id. Errors: message_too_long, slot_full, slot_closed.
  expected<std::uint64_t> post(message_ref m, moment now);
  struct posted {
    std::error_code refused;    // what ended it
    std::uint64_t last_id = 0;  // of the last one that was not refused
  };
  // The same for many in one step, oldest first, until one is refused: that one and those after it stay in
  // `batch`.
  posted post(message_queue& batch, moment now);

  // The oldest message, or null. `with_empty` false skips empty messages (they count as taken).
  message_ref take(moment now, bool with_empty = true);

  // Takes the oldest messages as long as `fits(message)` says so, in one step, and appends them to `into`.
  // Needs no memory itself; where `fits` has none, fewer are taken. `fits` is called with the lock held.
  template <class Fits>
  void take_while(moment now, Fits&& fits, message_queue& into);

  enum class waited { took, parked, ended };
  // Takes the oldest message into `got`, or parks `who` until `until` (then one of its two functions is
  // called, maybe before this one returns). ended: `why` says what came first; nothing there = end of file.
  // Errors in `why`: interrupted, timed_out, too_many_waiting.
  waited take_or_park(waiter& who, moment now, moment until, message_ref& got, std::error_code& why);

  // A message that was taken and not read to its end goes back to the head of the queue, before all that were
  // posted after it, or to a waiting read.
  void give_back(message_ref m);
  // The same for several that were taken in this order. Leaves none, and needs no memory.
  void give_back(message_queue& oldest_first);

  // The message `id` while it waits, or null. This and the next two cost more the more messages wait.
  message_ref find(std::uint64_t id) const;
  // Puts `with` in the place of the message `id`, with its id and time; readers of copies get it in that
  // place as well if they have not read so far. Errors: stale (it waits no longer), message_too_long,
  // slot_full.
  std::error_code replace(std::uint64_t id, const message_ref& with);

  // Takes the message `id` out again, as if it had never been posted. Null: a reader has it, or it is
  // dropped.
  message_ref retract(std::uint64_t id);

  // Everything that waits, oldest first, sharing the messages and taking none.
  std::vector<message_ref> snapshot(moment now);

  // Drops all messages; returns how many there were.
  std::uint32_t purge();

  settings current_settings() const;
  // Counts for later calls only; messages over a lowered bound stay.
  void change(const settings& wanted, moment now);
  figures count(moment now);
  // utimens: what stat shows until the next message. `never` leaves one as it is.
  void touch(moment last_in, moment last_out);

  // Handles come and go. Errors of the first: slot_busy, slot_closed.
  std::error_code add_reader(bool sole = false);
  void add_writer();
  // True: the last reader of a lifetime=handle slot has gone, the slot is closed and its name should go.
  bool drop_reader();
  void drop_writer();

  // The name is gone, or the daemon ends: blocked reads end, later ones of an empty slot do not wait, holders
  // go on.
  void unlink();
  bool unlinked() const;

  readiness ready(moment now);
  // Tells `who` of the next change; replaces what `key` asked for before.
  void tell(const void* key, std::unique_ptr<poller> who);
  void forget(const void* key);

  commons& shared() const { return shared_; }

 private:
  friend class waiter;
  friend class tail;

  using lock = std::unique_lock<std::mutex>;
  // What is left to do when the lock is gone: to free messages and to tell pollers.
  struct aftermath {
    message_queue gone;
    poller_map told;
    aftermath() = default;
    aftermath(const aftermath&) = delete;
    aftermath& operator=(const aftermath&) = delete;
    ~aftermath() {
      for (auto& [key, who] : told) who->fire();
    }
  };
  struct extras {  // what most slots never have
    poller_map polled;
    std::vector<tail*> tails;
    std::uint64_t lost = 0;
  };

  struct handover {  // a message for a read that waited
    waiter* to;
    message_ref m;
  };
  // Those that one post makes: mostly none or one, which then cost no allocation.
  using handovers = boost::container::small_vector<handover, 4>;
  // What many posts or takes change in the totals of the daemon, in one step.
  struct tally {
    std::uint64_t posted = 0, taken = 0, dropped = 0;
  };

  // All of these with the lock held.
  std::error_code admit(message_ref& m, std::uint64_t id, moment now, handovers& given, tally& counts,
                        aftermath& then);
  // Whether nothing refuses, wants or drops any of these: they are queued, and that is all.
  bool just_queues(const message_queue& batch) const;
  void add(const tally& counts);
  bool full_for(std::size_t size) const;
  bool too_long(std::size_t size) const;
  void make_room(std::size_t size, tally& counts, message_queue& gone);
  void expire(moment now, aftermath& then);
  message_ref pop(moment now, bool with_empty, aftermath& then);
  void took(std::uint64_t count, moment now, aftermath& then);
  waiter* first_waiter();
  void unpark(waiter& who);
  void park(waiter& who);
  void take_pollers(aftermath& then);
  moment next_expiry() const;
  extras& more();
  void end_waiters(lock& held);

  moment due(moment now, overdue& then) override;
  // Without the lock: makes sure that expiry comes.
  void arm_expiry(moment when);

  commons& shared_;
  mutable std::mutex mutex_;
  message_queue queue_;
  waiter_list waiters_;
  settings settings_;
  std::uint64_t posted_ = 0, taken_ = 0, dropped_ = 0, expired_ = 0;
  moment created_, last_in_, last_out_;
  std::uint32_t readers_ = 0, writers_ = 0, waiting_ = 0;
  bool unlinked_ = false;
  bool closed_ = false;
  bool handing_out_ = false;         // somebody is in the loop of give_back()
  std::atomic<bool> timed_ = false;  // was ever put among the deadlines
  std::unique_ptr<extras> extras_;
};

using slot_ref = std::shared_ptr<slot>;

template <class Fits>
void slot::take_while(moment now, Fits&& fits, message_queue& into) {
  aftermath then;
  const lock held(mutex_);
  expire(now, then);
  std::uint64_t count = 0;
  try {
    for (; !queue_.empty() && fits(*queue_.front()); ++count) into.push_back(queue_.pop());
  } catch (const std::bad_alloc&) {
    if (count == 0) throw;  // else fewer will do
  }
  if (count != 0) took(count, now, then);
}

}  // namespace mailslot

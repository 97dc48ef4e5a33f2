// Everything that is due at some time: blocked reads that end, slots whose oldest message expires. Time comes
// in as an argument; whoever has a clock asks for next() and calls fire().
#pragma once

#include "fs/slot/moment.h"
#include "fs/slot/poller.h"

#include <functional>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace mailslot {

class waiter;

// Who has to be told, once the locks are gone, that a deadline has come.
struct overdue {
  std::vector<waiter*> ended;
  std::vector<std::unique_ptr<poller>> told;
};

// Something with a deadline.
class timed {
 public:
  // Its time has come. Called with the lock of the deadlines held, so that it cannot vanish; whoever has to
  // be told outside of it goes into `then`. Returns when it is due again, or `never`.
  virtual moment due(moment now, overdue& then) = 0;

 protected:
  virtual ~timed() = default;

 private:
  friend class deadlines;
  moment when_ = never;  // under the lock of the deadlines; never = not in the set
};

// Lock order: this lock before that of a slot.
class deadlines {
 public:
  // `earlier` is called, without the lock, when the next deadline came closer.
  explicit deadlines(std::function<void(moment)> earlier = {}) : earlier_(std::move(earlier)) {}

  // Sets the deadline of `who`, whose owner calls remove() before it goes. When there is no memory for that
  // it has none.
  void add(timed& who, moment when);
  void remove(timed& who) noexcept;
  // Ends what is due at `now` and returns the next deadline.
  moment fire(moment now);
  moment next() const;

 private:
  void erase(timed& who) noexcept;

  const std::function<void(moment)> earlier_;
  mutable std::mutex mutex_;
  std::set<std::pair<moment, timed*>> due_;
};

}  // namespace mailslot

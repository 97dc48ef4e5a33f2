// The clock of the daemon: a date that never steps back. Correct to the wall clock when that was set by more
// than a moment, so that messages bear dates that people know, and deadlines are not disturbed by small
// corrections.
#pragma once

#include "fs/slot/moment.h"

#include <atomic>

namespace mailslot {

class daemon_clock {
 public:
  daemon_clock();
  // Any thread. Costs one reading of CLOCK_MONOTONIC.
  moment now() const;
  // Looks whether the wall clock was set forwards; once in a while, from one thread.
  void adjust();

 private:
  std::atomic<duration::rep> offset_;  // of the date to the monotonic clock
};

}  // namespace mailslot

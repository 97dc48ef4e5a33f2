// The place of a thread in the scheduler's order: sched(7). Knows no FUSE.
#pragma once

#include <chrono>

namespace mailslot {

// Sees to it that this process can come back from go_last() when it has given up its privileges: raises
// RLIMIT_NICE to its own nice value. False: it was not allowed to (CAP_SYS_RESOURCE), so coming back takes
// CAP_SYS_NICE.
bool keep_way_back();

// Whether go_last() and go_as_usual() will work: tried in a thread of its own, because a process that may not
// come back (setrlimit(2), RLIMIT_NICE) would be last for ever. Only where it is in the usual place now
// (SCHED_OTHER), and there is more than one processor. A sandbox that forbids it is a no. Errors:
// std::system_error, of std::thread.
bool may_go_last();

// The calling thread, from now on: only when nobody else wants its processor (SCHED_IDLE), or as all do
// (SCHED_OTHER). False: it was not allowed; or, to go last, it was not in the usual place, where whoever put
// it elsewhere shall find it.
bool go_last();
bool go_as_usual();

// Asks for turns of 0.1 ms instead of some (sched_setattr(2), since Linux 6.12). On a processor that is
// overrun, whoever goes last waits for one the less the shorter it is.
void take_short_turns();

// Whether a processor of the machine has nothing to do, as far as /proc/loadavg tells: fewer threads are
// running or want to than there are processors. Some 2 us. False if it cannot be told.
bool a_processor_is_idle();

// How long the calling thread has run in all.
std::chrono::nanoseconds time_run();

}  // namespace mailslot

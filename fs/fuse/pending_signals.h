// Whether signals wait for a thread that has not taken them yet. Reads /proc, nothing else.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace mailslot {

enum class pending_signals {
  none,
  shared,  // for its process: another thread may be about to take it
  own,     // for this very thread
};

// Signals that the thread blocks do not count. None also for a thread that cannot be looked at (another pid
// namespace).
pending_signals signals_pending_for(pid_t thread) noexcept;

// The same from the text of /proc/PID/status: proc_pid_status(5).
pending_signals signals_pending_in(std::string_view status) noexcept;

}  // namespace mailslot

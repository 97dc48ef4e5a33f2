// Whether a process is closing its files because a signal ended it. Reads /proc, nothing else.
#pragma once

#include <sys/types.h>

namespace mailslot {

// False also for a process that cannot be looked at (another pid namespace).
bool dies_of_a_signal(pid_t pid) noexcept;

}  // namespace mailslot

// Whether a process is closing its files because a signal ended it. Reads /proc, nothing else.
#pragma once

#include <sys/types.h>

namespace mailslot {

// False also for a process that cannot be looked at: of another pid namespace; of another user, without
// CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH.
bool dies_of_a_signal(pid_t pid) noexcept;

// Whether the above is worth asking; takes no capability.
bool may_be_exiting(pid_t pid) noexcept;

}  // namespace mailslot

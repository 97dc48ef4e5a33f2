// Which system call a process is in. Reads /proc, nothing else.
#pragma once

#include <sys/types.h>

namespace mailslot {

// Whether `thread` is in mkdir(2) or mkdirat(2). The kernel looks a name up before it makes it, and where
// every name resolves it would never ask to make one. False when the process cannot be
// looked at, as in killed.h.
bool makes_a_directory(pid_t thread) noexcept;

}  // namespace mailslot

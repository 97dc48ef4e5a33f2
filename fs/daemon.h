// The running daemon: everything that main wires together, on one io_context for timers and signals.
#pragma once

#include "fs/options.h"

#include <functional>

namespace mailslot {

// Mounts, calls `usable` once the mount answers, and serves until a signal or an unmount. Returns the exit
// status of the program; whatever went wrong was said in the log.
int run_daemon(const options& how, const std::function<void()>& usable);

}  // namespace mailslot

// Sockets that whoever started the daemon had opened for it, as systemd does for a .socket unit:
// sd_listen_fds(3), by which the variables are defined. Knows no protocol.
#pragma once

#include <vector>

namespace mailslot {

// Their descriptors, closed on execve(2) from now on; empty when there are none, or when they are meant for
// another process. To be called before the first fork(2); once: the environment is cleared of them.
std::vector<int> sockets_handed_over();

}  // namespace mailslot

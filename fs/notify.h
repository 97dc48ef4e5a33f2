// Tells the service manager how far the program is: sd_notify(3), for Type=notify. Without one (no
// NOTIFY_SOCKET in the environment) nothing happens. Not libsystemd: the protocol is one datagram, is
// promised to stay, and a program that may mount should link as little as it can.
#pragma once

#include <string_view>

namespace mailslot {

// Sends `state`, lines of VARIABLE=VALUE as in "READY=1\nSTATUS=mounted". Never waits. False: there is a
// service manager, and it could not be told.
bool notify_service_manager(std::string_view state);

}  // namespace mailslot

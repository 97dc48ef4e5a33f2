// What this process may do beyond what anybody may: capabilities(7). Knows libcap, and not who needs what.
#pragma once

#include <sys/capability.h>

#include <initializer_list>
#include <system_error>

namespace mailslot {

// What execve(2) may bring: what the bounding set leaves (set-user-ID programs among it), or nothing more
// ever.
enum class programs : bool { may_gain, gain_nothing };

// Gives up, for good, every capability but `needed`, in every set of this thread; what it has not it does not
// get. To be called while there is no other thread. Root stays the owner of root's files. Errors: of prctl(2)
// and capset(2); some may be given up by then.
std::error_code keep_only(std::initializer_list<cap_value_t> needed, programs run);

}  // namespace mailslot

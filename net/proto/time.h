// Time as the protocol sees it: given by whoever drives it, never asked for.
#pragma once

#include <chrono>

namespace mailslot::net {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

inline constexpr time_point never = time_point::max();

}  // namespace mailslot::net

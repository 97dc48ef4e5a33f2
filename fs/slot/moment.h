// The one notion of time of slots and names: a date in nanoseconds that never steps back. It always comes in
// as an argument; nothing in fs/slot or fs/tree asks a clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace mailslot {

using duration = std::chrono::nanoseconds;
using moment = std::chrono::time_point<std::chrono::system_clock, duration>;

// A deadline that never comes.
inline constexpr moment never = moment::max();

// `start` + `wait`, where a sum beyond the end of time is `never`.
constexpr moment after(moment start, duration wait) {
  return wait >= never - start ? never : start + wait;
}

}  // namespace mailslot

// Waiting for what will come: the only way in which tests wait. The patience is far above what anything takes
// on a busy machine, so that running out of it means that something is broken.
#pragma once

#include <chrono>
#include <thread>

namespace mailslot::test {

inline constexpr std::chrono::seconds patience{90};

// True as soon as `condition()` is; false when that took longer than the patience.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds limit = patience) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (auto pause = std::chrono::microseconds(100);;
       pause = pause < std::chrono::milliseconds(20) ? 2 * pause : pause) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace mailslot::test

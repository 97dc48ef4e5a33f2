// One line on a terminal that says how far something long has come, and goes when it is done.
#pragma once

#include "fs/cli/surroundings.h"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace mailslot::cli {

class progress {
 public:
  // `what` as in "sent". Silent where no terminal looks on, and where the output shares it.
  progress(const surroundings& around, std::string_view what, bool output_is_shared);
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { clear(); }

  // Shown from the second second on, a few times a second. `messages` 0: only bytes are known.
  void add(std::uint64_t messages, std::uint64_t bytes);
  // Before anything else is written there.
  void clear();

 private:
  using steady = std::chrono::steady_clock;

  const surroundings& around_;
  const std::string_view what_;
  const bool on_;
  bool shown_ = false;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  steady::time_point next_;
};

}  // namespace mailslot::cli

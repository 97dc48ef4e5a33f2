// Random numbers for transaction ids and delays, from a seed that the driver gives.
#pragma once

#include "net/proto/time.h"

#include <cstdint>
#include <random>

namespace mailslot::net {

class random_source {
 public:
  explicit random_source(std::uint64_t seed) : engine_(seed) {}

  // Ids that count up, as other implementations use, can be guessed; answers are matched by them.
  std::uint16_t id() { return static_cast<std::uint16_t>(engine_() >> 32); }

  duration between(duration least, duration most) {
    return duration(std::uniform_int_distribution<duration::rep>(least.count(), most.count())(engine_));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace mailslot::net

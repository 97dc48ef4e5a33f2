// The attributes of a slot that its owner can set, and the figures that it counts by itself.
#pragma once

#include "fs/slot/moment.h"

#include <cstdint>

namespace mailslot {

inline constexpr duration forever = duration::max();

enum class full_policy : std::uint8_t { reject, drop_oldest, drop_newest };

struct settings {
  duration read_timeout{0};  // how long a read of an empty slot waits; forever
  duration ttl{0};           // how long a message may wait; 0 = as long as it likes
  std::uint64_t max_bytes = 16ULL << 20U;
  std::uint32_t max_message_size = 0;  // bytes; 0 = no limit of its own
  std::uint32_t max_messages = 65536;
  full_policy full = full_policy::reject;
  bool handle_lifetime = false;  // goes with its last reader
  bool exclusive = false;        // one reader at a time
  bool remote = false;           // messages from the network may enter

  friend bool operator==(const settings&, const settings&) = default;
};

struct figures {
  std::uint32_t count = 0;      // messages that wait
  std::uint64_t bytes = 0;      // in those
  std::int64_t next_size = -1;  // of the oldest; -1 = there is none
  moment oldest{};              // when the oldest was posted
  std::uint32_t readers = 0;    // open handles that can read
  std::uint32_t writers = 0;    // open handles that can write
  std::uint32_t waiting = 0;    // blocked reads
  std::uint64_t posted = 0;
  std::uint64_t taken = 0;
  std::uint64_t dropped = 0;
  std::uint64_t expired = 0;
  std::uint64_t lost = 0;  // copies that slow tail readers lost
  moment created{};
  moment last_in{};   // the last post, or what utimens said
  moment last_out{};  // the last take, or what utimens said
};

}  // namespace mailslot

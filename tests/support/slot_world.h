// Everything that a slot needs around it, with a clock that the test moves by hand. Starts at noon of the
// first day.
#pragma once

#include "fs/slot/plain_handle.h"
#include "tests/support/recorded_answer.h"

#include <memory>
#include <string>
#include <string_view>

namespace mailslot::test {

using namespace std::chrono_literals;

struct slot_world {
  explicit slot_world(std::uint64_t total_bytes = 0, std::uint64_t user_bytes = 0)
      : memory(total_bytes, user_bytes) {}

  budget memory;
  deadlines timers;
  commons shared{memory, timers};
  moment now{12h};

  slot_ref make_slot(const settings& with = {}) { return std::make_shared<slot>(shared, with, now); }

  // Time passes, and what is due happens.
  void pass(duration much) {
    now += much;
    timers.fire(now);
  }

  message_ref letter(std::string_view text, const sender& by = {.uid = 1000, .gid = 100, .pid = 42}) {
    return message::copy(as_bytes(text), by, memory).value();
  }
  // The error of a post; none when it was accepted.
  std::error_code post(slot& to, std::string_view text) {
    const auto id = to.post(letter(text), now);
    return id ? std::error_code() : id.error();
  }
  // The text of the oldest message, or `nothing`.
  static constexpr std::string_view nothing = "(nothing)";
  std::string take(slot& from) {
    const auto m = from.take(now);
    return std::string(m ? m->text() : nothing);
  }
};

}  // namespace mailslot::test

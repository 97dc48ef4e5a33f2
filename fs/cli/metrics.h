// The figures of all slots in one look: the text of .metrics.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mailslot::cli {

struct slot_figures {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t waiting = 0;
  std::uint64_t posted = 0;
  std::uint64_t taken = 0;
};

// By the path of the slot below the root. Lines that mean nothing here are left out.
std::map<std::string, slot_figures> parse_metrics(std::string_view text);

}  // namespace mailslot::cli

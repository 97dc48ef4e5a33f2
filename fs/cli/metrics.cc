// Lines of Prometheus: NAME{slot="PATH"} VALUE.
#include "fs/cli/metrics.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mailslot::cli {
namespace {

std::uint64_t slot_figures::* member_for(std::string_view name) {
  constexpr std::pair<std::string_view, std::uint64_t slot_figures::*> members[] = {
      {"mailslot_slot_messages", &slot_figures::count},
      {"mailslot_slot_bytes", &slot_figures::bytes},
      {"mailslot_slot_waiting", &slot_figures::waiting},
      {"mailslot_slot_posted_total", &slot_figures::posted},
      {"mailslot_slot_taken_total", &slot_figures::taken},
  };
  for (const auto& [known, member] : members) {
    if (known == name) return member;
  }
  return nullptr;
}

// The value of a label up to its quote; `rest` becomes what follows.
std::string label_value(std::string_view& rest) {
  std::string value;
  std::size_t i = 0;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      ++i;
      value += rest[i] == 'n' ? '\n' : rest[i];
    } else {
      value += rest[i];
    }
  }
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return value;
}

}  // namespace

std::map<std::string, slot_figures> parse_metrics(std::string_view text) {
  constexpr std::string_view label = "{slot=\"";
  std::map<std::string, slot_figures> all;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto brace = line.find('{');
    if (brace == std::string_view::npos || !line.substr(brace).starts_with(label)) continue;
    const auto member = member_for(line.substr(0, brace));
    if (!member) continue;
    line.remove_prefix(brace + label.size());
    auto path = label_value(line);
    if (!line.starts_with("} ")) continue;
    line.remove_prefix(2);
    std::uint64_t value = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), value).ec != std::errc{}) continue;
    all[std::move(path)].*member = value;
  }
  return all;
}

}  // namespace mailslot::cli

// Parsing of targets.
#include "net/proto/target.h"

#include <algorithm>
#include <charconv>

namespace mailslot::net {

std::optional<target> parse_target(std::string_view text) {
  if (text == "*") return target{.name = *make_name("*", suffix::workstation), .own_domain = true};
  std::uint8_t kind = suffix::workstation;
  if (const auto mark = text.rfind('#'); mark != std::string_view::npos) {
    const auto digits = text.substr(mark + 1);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), kind, 16);
    if (digits.size() != 2 || error != std::errc{} || stop != digits.data() + digits.size())
      return std::nullopt;
    text = text.substr(0, mark);
  }
  const bool odd = std::ranges::any_of(text, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '*' || c == '/' || c == '\\' || c == '#';
  });
  if (odd) return std::nullopt;
  const auto name = make_name(text, kind);
  if (!name) return std::nullopt;
  return target{.name = *name, .own_domain = false};
}

}  // namespace mailslot::net

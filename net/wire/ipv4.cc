// IPv4 addresses to text and back.
#include "net/wire/ipv4.h"

#include <fmt/format.h>

#include <charconv>

namespace mailslot::net {

std::string to_string(ipv4 address) {
  const auto v = address.value;
  return fmt::format("{}.{}.{}.{}", v >> 24, v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff);
}

std::string to_string(const endpoint& where) {
  return fmt::format("{}:{}", to_string(where.address), where.port);
}

std::optional<ipv4> parse_ipv4(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  ipv4 address;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at == end || *at++ != '.')) return std::nullopt;
    std::uint8_t byte = 0;
    const auto [stop, error] = std::from_chars(at, end, byte);
    if (error != std::errc{}) return std::nullopt;
    at = stop;
    address.value = address.value << 8 | byte;
  }
  if (at != end) return std::nullopt;
  return address;
}

}  // namespace mailslot::net

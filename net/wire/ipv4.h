// An IPv4 address and a UDP endpoint as plain values (NetBIOS knows no IPv6). Knows no socket.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mailslot::net {

struct ipv4 {
  std::uint32_t value = 0;  // 10.0.0.1 is 0x0a000001

  [[nodiscard]] bool is_any() const { return value == 0; }
  [[nodiscard]] bool is_limited_broadcast() const { return value == 0xffffffff; }
  // Could be the address of one host: not 0.x, not loopback, multicast, reserved or broadcast.
  [[nodiscard]] bool is_host() const { return value >> 24 != 0 && value >> 24 != 127 && value < 0xe0000000; }
  auto operator<=>(const ipv4&) const = default;
};

struct endpoint {
  ipv4 address{};
  std::uint16_t port = 0;  // host order

  auto operator<=>(const endpoint&) const = default;
};

// "10.0.0.1"
std::string to_string(ipv4 address);
std::string to_string(const endpoint& where);

// Four decimal numbers below 256 and nothing else.
std::optional<ipv4> parse_ipv4(std::string_view text);

}  // namespace mailslot::net

template <>
struct std::hash<mailslot::net::ipv4> {
  std::size_t operator()(mailslot::net::ipv4 address) const noexcept { return address.value; }
};

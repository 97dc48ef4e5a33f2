// NetBIOS names: sixteen bytes and a scope, and their encoding in packets.
// RFC 1001 14.1 (first level), RFC 1002 4.1 (second level, pointers). Knows no packet.
#pragma once

#include "net/wire/bytes.h"

#include <tl/expected.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace mailslot::net {

// What a name is for: its sixteenth byte. Others exist; these are the ones we use.
namespace suffix {
inline constexpr std::uint8_t workstation =
    0x00;  // COMPUTER<00> unique, DOMAIN<00> group: where mailslots are
inline constexpr std::uint8_t messenger = 0x03;
inline constexpr std::uint8_t domain_controllers = 0x1c;
inline constexpr std::uint8_t elections = 0x1e;
inline constexpr std::uint8_t server = 0x20;
}  // namespace suffix

// Whether names of this kind are always of groups.
constexpr bool is_group_kind(std::uint8_t suffix) {
  return suffix == suffix::domain_controllers || suffix == suffix::elections;
}

// Kept as it is on the wire, because names on the wire may hold any byte. Compares byte by byte; names that
// come from make_name() or decode_name() are upper-case, so that comparing ignores ASCII case as Samba does.
struct netbios_name {
  std::array<std::uint8_t, 16> raw{};
  std::string scope;  // labels joined by dots; empty practically always

  [[nodiscard]] std::uint8_t suffix() const { return raw[15]; }
  // The fifteen bytes without the padding; borrows from the name.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] bool is_wildcard() const { return raw[0] == '*'; }
  auto operator<=>(const netbios_name&) const = default;
};

// Upper-cases `text` and pads it with spaces ('*' alone: with NULs, RFC 1002 4.2.12). Nothing for an empty
// text or one of more than 15 bytes.
std::optional<netbios_name> make_name(std::string_view text, std::uint8_t suffix);

// "LABSRV<20>", for people: bytes that are not printable ASCII, and '<', '/' and '\', come out as \xNN.
std::string to_string(const netbios_name& name);

// The fifteen bytes for people, as in to_string.
std::string printable(std::string_view text);

// Whether a decoder follows label pointers. Datagrams have none (nobody produces them).
enum class pointers { reject, follow };

// Reads the name at `in.position()` of the whole packet `packet` and moves `in` behind it. Upper-cases ASCII.
// A pointer must go backwards, and at most 5 may follow each other; the encoded name has at most 255 bytes.
[[nodiscard]] tl::expected<netbios_name, std::error_code> decode_name(bytes_view packet, byte_reader& in,
                                                                      pointers mode);

// Appends the name. name_too_long or bad_scope, with `out` untouched, when its scope cannot be encoded.
[[nodiscard]] std::error_code encode_name(const netbios_name& name, bytes& out);

}  // namespace mailslot::net

template <>
struct std::hash<mailslot::net::netbios_name> {
  std::size_t operator()(const mailslot::net::netbios_name& name) const noexcept {
    const std::string_view raw(reinterpret_cast<const char*>(name.raw.data()), name.raw.size());
    return std::hash<std::string_view>{}(raw);
  }
};

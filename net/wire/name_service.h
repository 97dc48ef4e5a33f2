// Packets of the name service, UDP port 137: RFC 1002 4.2, [MS-NBTE] 2.2. Bytes to structs and back; knows
// nothing of when a packet is sent or what it is an answer to.
#pragma once

#include "net/wire/bytes.h"
#include "net/wire/ipv4.h"
#include "net/wire/name.h"

#include <tl/expected.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <system_error>
#include <vector>

namespace mailslot::net {

enum class opcode : std::uint8_t {
  query = 0,
  registration = 5,
  release = 6,
  wack = 7,  // "wait for acknowledgement", from a WINS server
  refresh = 8,
  refresh_too = 9,  // RFC 1002 shows both numbers
  multihomed_registration = 15,
};

// RFC 1002 4.2.1.1: rcode of responses.
namespace rcode {
inline constexpr std::uint8_t ok = 0;
inline constexpr std::uint8_t no_such_name = 3;
inline constexpr std::uint8_t active = 6;    // another node owns the name
inline constexpr std::uint8_t conflict = 7;  // more than one node owns the name
}  // namespace rcode

namespace record_type {
inline constexpr std::uint16_t null = 0x0a;
inline constexpr std::uint16_t nb = 0x20;
inline constexpr std::uint16_t node_status = 0x21;
}  // namespace record_type

inline constexpr std::uint16_t class_internet = 1;

// NB_FLAGS of an address entry, and the upper half of NAME_FLAGS in a node status. RFC 1002 4.2.1.3, 4.2.18.
namespace nb_flags {
inline constexpr std::uint16_t group = 0x8000;
inline constexpr std::uint16_t hybrid_node = 0x6000;  // 0 is a broadcast node
inline constexpr std::uint16_t conflict = 0x0800;     // node status only
inline constexpr std::uint16_t active = 0x0400;       // node status only
}  // namespace nb_flags

struct question {
  netbios_name name{};
  std::uint16_t type = record_type::nb;
  std::uint16_t klass = class_internet;
};

struct record {
  netbios_name name{};
  std::uint16_t type = record_type::nb;
  std::uint16_t klass = class_internet;
  std::uint32_t ttl = 0;  // seconds; 0 is for ever
  bytes_view data{};      // borrows
};

// Every packet of RFC 1002 4.2 but the redirect (which we neither send nor follow) has at most one question,
// one answer and one additional record.
struct name_packet {
  std::uint16_t id = 0;
  bool response = false;
  net::opcode opcode = opcode::query;  // may be a number without a name here
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;  // in a registration: a claim; without it: an overwrite, RFC 1002 4.2.3
  bool recursion_available = false;
  bool broadcast = false;
  std::uint8_t rcode = rcode::ok;
  std::optional<net::question> question{};
  std::optional<record> answer{};
  std::optional<record> additional{};
};

// `in` is one UDP payload; the result borrows from it. Bytes behind the last record are ignored.
[[nodiscard]] tl::expected<name_packet, std::error_code> decode_name_packet(bytes_view in);

// Appends the packet. An additional record that names what the question names does so by a pointer, as all
// known implementations do. Fails as encode_name does, or with message_too_long.
[[nodiscard]] std::error_code encode_name_packet(const name_packet& packet, bytes& out);

// Data of an NB record: who owns the name.
struct address_entry {
  std::uint16_t flags = 0;
  ipv4 address{};

  [[nodiscard]] bool is_group() const { return (flags & nb_flags::group) != 0; }
  bool operator==(const address_entry&) const = default;
};

// bad_record unless `data` is one to 25 entries ([MS-NBTE] bounds the members of a <1C> group by 25).
[[nodiscard]] tl::expected<std::vector<address_entry>, std::error_code> decode_addresses(bytes_view data);
void encode_addresses(std::span<const address_entry> entries, bytes& out);

// Data of a node status response: RFC 1002 4.2.18.
struct status_entry {
  netbios_name name;  // without scope
  std::uint16_t flags = 0;
};
struct node_status {
  std::vector<status_entry> names;
  std::array<std::uint8_t, 6> unit_id{};  // the MAC address, or zeros
};

// bad_record when the names do not fit into `data`. A short or missing statistics part is accepted, and but
// for the unit id ignored.
[[nodiscard]] tl::expected<node_status, std::error_code> decode_node_status(bytes_view data);
// Statistics other than the unit id are zeros, as Samba sends them. At most 255 names are written.
void encode_node_status(const node_status& status, bytes& out);

}  // namespace mailslot::net

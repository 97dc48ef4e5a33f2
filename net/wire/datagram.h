// Packets of the datagram service, UDP port 138: RFC 1002 4.4. Bytes to structs and back.
// Whether a datagram is for us is none of its business.
#pragma once

#include "net/wire/bytes.h"
#include "net/wire/ipv4.h"
#include "net/wire/name.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <system_error>
#include <variant>

namespace mailslot::net {

enum class datagram_type : std::uint8_t {
  direct_unique = 0x10,
  direct_group = 0x11,
  broadcast = 0x12,
  error = 0x13,
  query_request = 0x14,
  query_positive = 0x15,
  query_negative = 0x16,
};

// 0x10..0x12. The first fragment, which with all known peers is the only one, carries the names.
struct datagram_message {
  struct name_pair {
    netbios_name source;
    netbios_name destination;
  };
  std::optional<name_pair> names;  // none in a fragment that is not the first
  std::uint16_t length = 0;        // DGM_LENGTH as sent: decoded for interest only, senders get it wrong
  std::uint16_t offset = 0;        // PACKET_OFFSET
  bytes_view data{};               // borrows
};

// 0x13
struct datagram_error {
  std::uint8_t code = 0;  // 0x82 name not present, 0x83 bad source name, 0x84 bad destination name
};

// 0x14..0x16
struct datagram_query {
  netbios_name destination{};
};

struct datagram {
  datagram_type type = datagram_type::direct_unique;
  std::uint8_t node_type = 0;  // SNT, 0..3: B, P, M, NBDD. Says nothing reliable
  bool first = true;
  bool more = false;
  std::uint16_t id = 0;
  endpoint source{};  // a claim of the sender: never send to it
  std::variant<datagram_message, datagram_error, datagram_query> body{};

  // FIRST without MORE at offset 0: a message that came whole.
  [[nodiscard]] bool is_whole() const {
    const auto* message = std::get_if<datagram_message>(&body);
    return message != nullptr && message->names && first && !more && message->offset == 0;
  }
};

// `in` is one UDP payload; the result borrows from it.
[[nodiscard]] tl::expected<datagram, std::error_code> decode_datagram(bytes_view in);

// Appends the datagram. `length` 0 is replaced by the right one. Fails as encode_name does, with unknown_type
// when type and body do not go together, or with message_too_long.
[[nodiscard]] std::error_code encode_datagram(const datagram& packet, bytes& out);

}  // namespace mailslot::net

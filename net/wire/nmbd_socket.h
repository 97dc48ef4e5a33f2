// What nmbd says on its local socket `unexpected`, over which it passes on datagrams that it has no use for.
// Source: Samba 4.17 source3/libsmb/unexpected.c; C structs in the byte order and padding of this machine.
// Knows the bytes, not the socket.
#pragma once

#include "net/wire/bytes.h"
#include "net/wire/ipv4.h"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <system_error>

namespace mailslot::net {

// Asks for every datagram, whatever its mailslot: nmbd's own filter minds letter case.
[[nodiscard]] bytes encode_nmbd_query();

// What nmbd answers to the query.
inline constexpr std::uint8_t nmbd_ack = 0;

struct nmbd_packet_header {
  endpoint from;           // where nmbd got the datagram from
  std::size_t length = 0;  // bytes of the datagram that follows
};

inline constexpr std::size_t nmbd_packet_header_size = 32;
inline constexpr std::size_t nmbd_packet_limit = 1024;

// `in` is one header. foreign_layout when it cannot be a datagram's: the stream is then of no more use.
[[nodiscard]] tl::expected<nmbd_packet_header, std::error_code> decode_nmbd_packet_header(bytes_view in);

}  // namespace mailslot::net

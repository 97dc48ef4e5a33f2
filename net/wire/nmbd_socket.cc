// Layout of nmbd's local socket.
#include "net/wire/nmbd_socket.h"

#include "net/wire/error.h"

#include <bit>
#include <cstring>

namespace mailslot::net {
namespace {

constexpr std::uint32_t type_datagram = 1;
constexpr std::size_t smallest_datagram = 11;

// struct nb_packet_query
struct query {
  std::uint32_t type;
  std::uint64_t mailslot_name_length;
  std::int32_t transaction_id;
};

// struct nb_packet_client_header
struct packet_header {
  std::uint64_t length;
  std::uint32_t type;
  std::int64_t timestamp;
  std::uint32_t address;  // network order
  std::int32_t port;      // host order
};
static_assert(sizeof(packet_header) == nmbd_packet_header_size);

std::uint32_t from_network_order(std::uint32_t value) {
  if constexpr (std::endian::native == std::endian::little) return __builtin_bswap32(value);
  return value;
}

}  // namespace

bytes encode_nmbd_query() {
  query ask;
  bytes out(sizeof ask);
  std::memset(&ask, 0, sizeof ask);
  ask.type = type_datagram;
  ask.transaction_id = -1;
  std::memcpy(out.data(), &ask, sizeof ask);
  return out;
}

tl::expected<nmbd_packet_header, std::error_code> decode_nmbd_packet_header(bytes_view in) {
  if (in.size() < nmbd_packet_header_size) return tl::unexpected(make_error_code(wire_errc::truncated));
  packet_header raw;
  std::memcpy(&raw, in.data(), sizeof raw);
  const bool plausible = raw.type == type_datagram && raw.length >= smallest_datagram &&
                         raw.length <= nmbd_packet_limit && raw.port > 0 && raw.port < 65536;
  if (!plausible) return tl::unexpected(make_error_code(wire_errc::foreign_layout));
  return nmbd_packet_header{
      .from = {.address = {from_network_order(raw.address)}, .port = static_cast<std::uint16_t>(raw.port)},
      .length = static_cast<std::size_t>(raw.length)};
}

}  // namespace mailslot::net

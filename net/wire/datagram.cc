// Layout of datagram service packets, RFC 1002 4.4.
#include "net/wire/datagram.h"

#include "net/wire/error.h"

namespace mailslot::net {
namespace {

constexpr std::uint8_t flag_more = 1;
constexpr std::uint8_t flag_first = 2;

tl::unexpected<std::error_code> error(wire_errc code) {
  return tl::unexpected(make_error_code(code));
}

bool is_message(datagram_type type) {
  return type >= datagram_type::direct_unique && type <= datagram_type::broadcast;
}
bool is_query(datagram_type type) {
  return type >= datagram_type::query_request && type <= datagram_type::query_negative;
}

tl::expected<datagram_message, std::error_code> decode_message(bytes_view packet, byte_reader& in,
                                                               bool first) {
  datagram_message message;
  message.length = in.u16();
  message.offset = in.u16();
  if (in.failed()) return error(wire_errc::truncated);
  if (first) {
    auto source = decode_name(packet, in, pointers::reject);
    if (!source) return tl::unexpected(source.error());
    auto destination = decode_name(packet, in, pointers::reject);
    if (!destination) return tl::unexpected(destination.error());
    message.names = {std::move(*source), std::move(*destination)};
  }
  message.data = in.rest();
  return message;
}

struct body_encoder {
  const datagram& packet;
  bytes& out;

  std::error_code operator()(const datagram_message& message) const {
    if (!is_message(packet.type) || message.names.has_value() != packet.first) return wire_errc::unknown_type;
    const auto length_at = out.size();
    put_u16(out, message.length);
    put_u16(out, message.offset);
    const auto begin = out.size();
    if (message.names) {
      if (const auto failure = encode_name(message.names->source, out)) return failure;
      if (const auto failure = encode_name(message.names->destination, out)) return failure;
    }
    put(out, message.data);
    const auto length = out.size() - begin;
    if (length > 0xffff) return wire_errc::message_too_long;
    if (message.length == 0) {
      out[length_at] = static_cast<std::uint8_t>(length >> 8);
      out[length_at + 1] = static_cast<std::uint8_t>(length);
    }
    return {};
  }

  std::error_code operator()(const datagram_error& failure) const {
    if (packet.type != datagram_type::error) return wire_errc::unknown_type;
    put_u8(out, failure.code);
    return {};
  }

  std::error_code operator()(const datagram_query& query) const {
    if (!is_query(packet.type)) return wire_errc::unknown_type;
    return encode_name(query.destination, out);
  }
};

}  // namespace

tl::expected<datagram, std::error_code> decode_datagram(bytes_view in) {
  byte_reader reader(in);
  datagram packet;
  packet.type = static_cast<datagram_type>(reader.u8());
  const auto flags = reader.u8();
  packet.node_type = flags >> 2 & 3;
  packet.first = (flags & flag_first) != 0;
  packet.more = (flags & flag_more) != 0;
  packet.id = reader.u16();
  packet.source = {.address = {reader.u32()}, .port = reader.u16()};
  if (reader.failed()) return error(wire_errc::truncated);
  if (is_message(packet.type)) {
    auto message = decode_message(in, reader, packet.first);
    if (!message) return tl::unexpected(message.error());
    packet.body = std::move(*message);
  } else if (packet.type == datagram_type::error) {
    packet.body = datagram_error{.code = reader.u8()};
    if (reader.failed()) return error(wire_errc::truncated);
  } else if (is_query(packet.type)) {
    auto destination = decode_name(in, reader, pointers::reject);
    if (!destination) return tl::unexpected(destination.error());
    packet.body = datagram_query{.destination = std::move(*destination)};
  } else {
    return error(wire_errc::unknown_type);
  }
  return packet;
}

std::error_code encode_datagram(const datagram& packet, bytes& out) {
  const auto start = out.size();
  put_u8(out, static_cast<std::uint8_t>(packet.type));
  const unsigned flags =
      (packet.node_type & 3u) << 2 | (packet.first ? flag_first : 0u) | (packet.more ? flag_more : 0u);
  put_u8(out, static_cast<std::uint8_t>(flags));
  put_u16(out, packet.id);
  put_u32(out, packet.source.address.value);
  put_u16(out, packet.source.port);
  const auto failure = std::visit(body_encoder{packet, out}, packet.body);
  if (failure) out.resize(start);
  return failure;
}

}  // namespace mailslot::net

// Layout of name service packets, RFC 1002 4.2.
#include "net/wire/name_service.h"

#include "net/wire/error.h"

#include <algorithm>

namespace mailslot::net {
namespace {

// The word behind the transaction id: R OPCODE(4) AA TC RD RA 0 0 B RCODE(4).
constexpr std::uint16_t flag_response = 0x8000;
constexpr std::uint16_t flag_authoritative = 0x0400;
constexpr std::uint16_t flag_truncated = 0x0200;
constexpr std::uint16_t flag_recursion_desired = 0x0100;
constexpr std::uint16_t flag_recursion_available = 0x0080;
constexpr std::uint16_t flag_broadcast = 0x0010;

constexpr std::uint16_t question_name_pointer = 0xc00c;  // the question follows the 12 bytes of the header

constexpr std::size_t address_entry_size = 6;
constexpr std::size_t address_limit = 25;
constexpr std::size_t status_entry_size = 18;
constexpr std::size_t statistics_size = 46;

tl::unexpected<std::error_code> error(wire_errc code) {
  return tl::unexpected(make_error_code(code));
}

std::uint16_t flags_word(const name_packet& packet) {
  unsigned word = (static_cast<unsigned>(packet.opcode) & 15u) << 11 | (packet.rcode & 15u);
  if (packet.response) word |= flag_response;
  if (packet.authoritative) word |= flag_authoritative;
  if (packet.truncated) word |= flag_truncated;
  if (packet.recursion_desired) word |= flag_recursion_desired;
  if (packet.recursion_available) word |= flag_recursion_available;
  if (packet.broadcast) word |= flag_broadcast;
  return static_cast<std::uint16_t>(word);
}

void set_flags(name_packet& packet, std::uint16_t word) {
  packet.opcode = static_cast<opcode>(word >> 11 & 15);
  packet.rcode = static_cast<std::uint8_t>(word & 15);
  packet.response = (word & flag_response) != 0;
  packet.authoritative = (word & flag_authoritative) != 0;
  packet.truncated = (word & flag_truncated) != 0;
  packet.recursion_desired = (word & flag_recursion_desired) != 0;
  packet.recursion_available = (word & flag_recursion_available) != 0;
  packet.broadcast = (word & flag_broadcast) != 0;
}

tl::expected<question, std::error_code> decode_question(bytes_view packet, byte_reader& in) {
  const auto name = decode_name(packet, in, pointers::follow);
  if (!name) return tl::unexpected(name.error());
  question result{.name = *name, .type = in.u16(), .klass = in.u16()};
  if (in.failed()) return error(wire_errc::truncated);
  return result;
}

tl::expected<record, std::error_code> decode_record(bytes_view packet, byte_reader& in) {
  const auto name = decode_name(packet, in, pointers::follow);
  if (!name) return tl::unexpected(name.error());
  record result{.name = *name, .type = in.u16(), .klass = in.u16(), .ttl = in.u32(), .data = {}};
  result.data = in.take(in.u16());
  if (in.failed()) return error(wire_errc::truncated);
  return result;
}

std::error_code encode_record(const record& record, bool by_pointer, bytes& out) {
  if (by_pointer)
    put_u16(out, question_name_pointer);
  else if (const auto failure = encode_name(record.name, out))
    return failure;
  if (record.data.size() > 0xffff) return wire_errc::message_too_long;
  put_u16(out, record.type);
  put_u16(out, record.klass);
  put_u32(out, record.ttl);
  put_u16(out, static_cast<std::uint16_t>(record.data.size()));
  put(out, record.data);
  return {};
}

std::error_code encode_into(const name_packet& packet, bytes& out) {
  put_u16(out, packet.id);
  put_u16(out, flags_word(packet));
  put_u16(out, packet.question ? 1 : 0);
  put_u16(out, packet.answer ? 1 : 0);
  put_u16(out, 0);
  put_u16(out, packet.additional ? 1 : 0);
  if (packet.question) {
    if (const auto failure = encode_name(packet.question->name, out)) return failure;
    put_u16(out, packet.question->type);
    put_u16(out, packet.question->klass);
  }
  if (packet.answer) {
    if (const auto failure = encode_record(*packet.answer, false, out)) return failure;
  }
  if (packet.additional) {
    const bool same = packet.question && packet.question->name == packet.additional->name;
    if (const auto failure = encode_record(*packet.additional, same, out)) return failure;
  }
  return {};
}

}  // namespace

tl::expected<name_packet, std::error_code> decode_name_packet(bytes_view in) {
  byte_reader reader(in);
  name_packet packet;
  packet.id = reader.u16();
  set_flags(packet, reader.u16());
  const auto questions = reader.u16();
  const auto answers = reader.u16();
  const auto authorities = reader.u16();
  const auto additionals = reader.u16();
  if (reader.failed()) return error(wire_errc::truncated);
  if (questions > 1 || answers > 1 || authorities > 0 || additionals > 1)
    return error(wire_errc::unsupported_counts);
  if (questions == 1) {
    auto question = decode_question(in, reader);
    if (!question) return tl::unexpected(question.error());
    packet.question = std::move(*question);
  }
  for (auto* slot :
       {answers == 1 ? &packet.answer : nullptr, additionals == 1 ? &packet.additional : nullptr}) {
    if (slot == nullptr) continue;
    auto record = decode_record(in, reader);
    if (!record) return tl::unexpected(record.error());
    *slot = std::move(*record);
  }
  return packet;
}

std::error_code encode_name_packet(const name_packet& packet, bytes& out) {
  const auto start = out.size();
  const auto failure = encode_into(packet, out);
  if (failure) out.resize(start);
  return failure;
}

tl::expected<std::vector<address_entry>, std::error_code> decode_addresses(bytes_view data) {
  if (data.empty() || data.size() % address_entry_size != 0 ||
      data.size() > address_limit * address_entry_size)
    return error(wire_errc::bad_record);
  byte_reader in(data);
  std::vector<address_entry> entries(data.size() / address_entry_size);
  for (auto& entry : entries) entry = {.flags = in.u16(), .address = {in.u32()}};
  return entries;
}

void encode_addresses(std::span<const address_entry> entries, bytes& out) {
  for (const auto& entry : entries) {
    put_u16(out, entry.flags);
    put_u32(out, entry.address.value);
  }
}

tl::expected<node_status, std::error_code> decode_node_status(bytes_view data) {
  byte_reader in(data);
  const std::size_t count = in.u8();
  if (in.failed() || count * status_entry_size > in.rest().size()) return error(wire_errc::bad_record);
  node_status status;
  status.names.resize(count);
  for (auto& entry : status.names) {
    std::ranges::copy(in.take(entry.name.raw.size()), entry.name.raw.begin());
    entry.flags = in.u16();
  }
  const auto unit_id = in.take(status.unit_id.size());
  std::ranges::copy(unit_id, status.unit_id.begin());
  return status;
}

void encode_node_status(const node_status& status, bytes& out) {
  const auto count = std::min<std::size_t>(status.names.size(), 255);
  put_u8(out, static_cast<std::uint8_t>(count));
  for (const auto& entry : std::span(status.names).first(count)) {
    put(out, entry.name.raw);
    put_u16(out, entry.flags);
  }
  put(out, status.unit_id);
  put_zeros(out, statistics_size - status.unit_id.size());
}

}  // namespace mailslot::net

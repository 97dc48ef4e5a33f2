// The name service packets that we send.
#include "net/proto/name_packets.h"

#include <array>

namespace mailslot::net {
namespace {

// Names without a scope and records of a few bytes always encode; the names of requests were decoded before.
bytes encoded(const name_packet& packet) {
  bytes out;
  if (encode_name_packet(packet, out)) out.clear();
  return out;
}

bytes request(name_packet packet, const netbios_name& name, address_entry entry, std::uint32_t ttl,
              audience to) {
  bytes data;
  encode_addresses({&entry, 1}, data);
  packet.broadcast = to == audience::broadcast;
  packet.question = question{.name = name};
  packet.additional = record{.name = name, .ttl = ttl, .data = data};
  return encoded(packet);
}

bytes answer(const name_packet& request, std::uint8_t code, std::uint16_t type, std::uint32_t ttl,
             bytes_view data) {
  const bool registration = request.opcode != opcode::query && request.opcode != opcode::release;
  name_packet packet{.id = request.id,
                     .response = true,
                     .opcode = registration ? opcode::registration : request.opcode,
                     .authoritative = true,
                     .rcode = code};
  packet.recursion_desired = type != record_type::node_status && request.opcode != opcode::release;
  packet.recursion_available = packet.recursion_desired;
  packet.answer = record{.name = request.question->name, .type = type, .ttl = ttl, .data = data};
  return encoded(packet);
}

}  // namespace

bytes claim_packet(std::uint16_t id, const netbios_name& name, address_entry entry, audience to) {
  return request({.id = id, .opcode = opcode::registration, .recursion_desired = true}, name, entry,
                 to == audience::server ? name_ttl : 0, to);
}

bytes multihomed_claim_packet(std::uint16_t id, const netbios_name& name, address_entry entry) {
  return request({.id = id, .opcode = opcode::multihomed_registration, .recursion_desired = true}, name,
                 entry, name_ttl, audience::server);
}

bytes overwrite_packet(std::uint16_t id, const netbios_name& name, address_entry entry) {
  return request({.id = id, .opcode = opcode::registration}, name, entry, 0, audience::broadcast);
}

bytes refresh_packet(std::uint16_t id, const netbios_name& name, address_entry entry) {
  return request({.id = id, .opcode = opcode::refresh}, name, entry, name_ttl, audience::server);
}

bytes release_packet(std::uint16_t id, const netbios_name& name, address_entry entry, audience to) {
  return request({.id = id, .opcode = opcode::release}, name, entry, 0, to);
}

bytes query_packet(std::uint16_t id, const netbios_name& name, audience to) {
  return encoded({.id = id,
                  .recursion_desired = true,
                  .broadcast = to == audience::broadcast,
                  .question = question{.name = name}});
}

bytes status_query_packet(std::uint16_t id) {
  return encoded(
      {.id = id, .question = question{.name = *make_name("*", 0), .type = record_type::node_status}});
}

bytes positive_answer(const name_packet& request, std::span<const address_entry> owners) {
  bytes data;
  encode_addresses(owners, data);
  return answer(request, rcode::ok, record_type::nb, name_ttl, data);
}

bytes negative_answer(const name_packet& request) {
  return answer(request, rcode::no_such_name, record_type::null, 0, {});
}

bytes status_answer(const name_packet& request, const node_status& status) {
  bytes data;
  encode_node_status(status, data);
  return answer(request, rcode::ok, record_type::node_status, 0, data);
}

bytes refusal(const name_packet& request) {
  const auto claimed = request.additional ? request.additional->data : bytes_view{};
  return answer(request, rcode::active, record_type::nb, 0, claimed);
}

}  // namespace mailslot::net

// The name service packets that we send, each with the flags that RFC 1002 4.2 gives it. Sends nothing.
#pragma once

#include "net/wire/name_service.h"

#include <cstdint>
#include <span>

namespace mailslot::net {

// How long others may remember an answer of ours, and what we ask a WINS server for: three days, as Samba
// does.
inline constexpr std::uint32_t name_ttl = 259200;

// Whoever is asked: everybody on the subnet, or one server.
enum class audience { broadcast, server };

// A claim of a name for an address: RFC 1002 4.2.2.
bytes claim_packet(std::uint16_t id, const netbios_name& name, address_entry entry, audience to);
// The same to a server, for one more address of a computer that has several: [MS-NBTE] 2.2.2.
bytes multihomed_claim_packet(std::uint16_t id, const netbios_name& name, address_entry entry);
// The overwrite that ends a successful claim: RFC 1002 4.2.3.
bytes overwrite_packet(std::uint16_t id, const netbios_name& name, address_entry entry);
// RFC 1002 4.2.4
bytes refresh_packet(std::uint16_t id, const netbios_name& name, address_entry entry);
// RFC 1002 4.2.9
bytes release_packet(std::uint16_t id, const netbios_name& name, address_entry entry, audience to);
// RFC 1002 4.2.12
bytes query_packet(std::uint16_t id, const netbios_name& name, audience to);
// RFC 1002 4.2.17, to one node, for all its names
bytes status_query_packet(std::uint16_t id);

// Answers to `request`, which must have a question.
bytes positive_answer(const name_packet& request, std::span<const address_entry> owners);  // RFC 1002 4.2.13
bytes negative_answer(const name_packet& request);                                         // RFC 1002 4.2.14
bytes status_answer(const name_packet& request, const node_status& status);                // RFC 1002 4.2.18
// "The name is taken": to a claim (RFC 1002 4.2.6) or a release (4.2.11). Repeats what was claimed.
bytes refusal(const name_packet& request);

}  // namespace mailslot::net

// Answering questions about our names.
#include "net/proto/responder.h"

#include "net/proto/name_packets.h"

#include <array>
#include <utility>

namespace mailslot::net {
namespace {

constexpr rate answers_to_one{.per_second = 20, .burst = 50};
constexpr rate answers_to_all{.per_second = 200, .burst = 500};

}  // namespace

responder::responder(const name_table& names, counters& counts)
    : names_(names), counters_(counts), limiter_(answers_to_one, answers_to_all) {}

void responder::on_request(time_point now, const arrival& how, bool from_neighbour, bool from_self,
                           const name_packet& request, actions& out) {
  if (from_self) return;
  counters_.add(counter::requests_received);
  if (!request.question) {
    counters_.add(counter::ignored_malformed);
    return;
  }
  if (!from_neighbour) {
    counters_.add(counter::ignored_off_subnet);
    return;
  }
  now_ = now;
  switch (request.opcode) {
    case opcode::query:
      if (request.question->type == record_type::node_status)
        on_status(how, request, out);
      else
        on_query(how, request, out);
      break;
    case opcode::registration:
    case opcode::multihomed_registration:
      on_claim(how, request, out);
      break;
    case opcode::release:
      on_release(how, request, out);
      break;
    default:
      counters_.add(counter::ignored_request);
      break;
  }
}

void responder::answer(const arrival& how, bytes payload, actions& out) {
  if (!limiter_.take(now_, how.from.address)) {
    counters_.add(counter::ignored_flood);
    return;
  }
  counters_.add(counter::answers_sent);
  out.send.push_back({.from = service::name, .via = how.via, .to = how.from, .payload = std::move(payload)});
}

// "*" asks for anybody's address, and Samba answers it. Unknown names get silence, but for a WINS server that
// asks whether we still have the name (RD=0).
void responder::on_query(const arrival& how, const name_packet& request, actions& out) {
  const auto& name = request.question->name;
  const auto* claim = names_.find(name, how.via);
  const bool owned = claim != nullptr && claim->state() == claim_state::owned;
  if (owned || name.is_wildcard()) {
    const bool group = owned && claim->is_group();
    const address_entry us{.flags = group ? nb_flags::group : std::uint16_t{0}, .address = how.via};
    answer(how, positive_answer(request, {&us, 1}), out);
  } else if (!how.broadcast && !request.broadcast && !request.recursion_desired) {
    answer(how, negative_answer(request), out);
  }
}

void responder::on_status(const arrival& how, const name_packet& request, actions& out) {
  if (how.broadcast || request.broadcast) {
    counters_.add(counter::ignored_status_broadcast);
    return;
  }
  const auto& asked = request.question->name;
  if (!asked.is_wildcard() && names_.find(asked, how.via) == nullptr) return;
  node_status status;
  for (const auto& claim : names_.on_links()) {
    if (claim.via() != how.via) continue;
    unsigned flags = claim.is_group() ? nb_flags::group : 0u;
    if (claim.state() == claim_state::owned)
      flags |= nb_flags::active;
    else if (claim.state() == claim_state::conflict)
      flags |= nb_flags::active | nb_flags::conflict;
    else
      continue;
    status.names.push_back({.name = claim.name(), .flags = static_cast<std::uint16_t>(flags)});
  }
  answer(how, status_answer(request, status), out);
}

// A unique name is defended against everybody, a group name against those who want it for themselves. When
// two nodes claim a name at the same moment, the one with the lower address wins: each end can tell by
// itself, whatever was lost or late.
void responder::on_claim(const arrival& how, const name_packet& request, actions& out) {
  if (!request.additional) {
    counters_.add(counter::ignored_malformed);
    return;
  }
  const auto entries = decode_addresses(request.additional->data);
  if (!entries) {
    counters_.add(counter::ignored_malformed);
    return;
  }
  const auto* claim = names_.find(request.question->name, how.via);
  if (claim == nullptr || request.question->name.is_wildcard()) return;
  const auto& wanted = entries->front();
  if (claim->is_group() && wanted.is_group()) return;
  if (wanted.address == claim->via()) return;
  const bool first = claim->state() == claim_state::claiming && claim->via() < how.from.address;
  if (claim->state() != claim_state::owned && !first) return;
  counters_.add(counter::claims_refused);
  answer(how, refusal(request), out);
}

// Nobody can release our names but us. A member leaving a group is no concern of the others.
void responder::on_release(const arrival& how, const name_packet& request, actions& out) {
  const auto* claim = names_.find(request.question->name, how.via);
  if (claim == nullptr || claim->state() != claim_state::owned || claim->is_group()) return;
  counters_.add(counter::ignored_release);
  answer(how, refusal(request), out);
}

}  // namespace mailslot::net

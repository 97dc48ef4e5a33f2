// Driving the claims.
#include "net/proto/name_table.h"

#include <algorithm>
#include <utility>

namespace mailslot::net {

name_table::name_table(std::vector<own_name> names, std::vector<ipv4> wins_servers, random_source& random,
                       counters& counts)
    : names_(std::move(names)), wins_servers_(std::move(wins_servers)), random_(random), counters_(counts) {}

void name_table::set_links(time_point now, std::span<const link> links) {
  const auto is_gone = [links](const auto& claim) {
    return std::ranges::none_of(links, [&](const link& l) { return l.address == claim.via(); });
  };
  std::erase_if(on_links_, is_gone);
  std::erase_if(at_servers_, is_gone);
  for (const auto& link : links) {
    for (const auto& [name, group] : names_) {
      if (find(name, link.address) != nullptr) continue;
      on_links_.emplace_back(now, name, group, link, random_);
      if (!wins_servers_.empty())
        at_servers_.emplace_back(now, name, group, links.size() > 1, link, wins_servers_, random_);
    }
  }
}

void name_table::on_timer(time_point now, actions& out) {
  for (auto& claim : on_links_) claim.on_timer(now, out);
  for (auto& claim : at_servers_) claim.on_timer(now, out);
}

time_point name_table::next_timer() const {
  auto next = never;
  for (const auto& claim : on_links_) next = std::min(next, claim.next_timer());
  for (const auto& claim : at_servers_) next = std::min(next, claim.next_timer());
  return next;
}

bool name_table::on_response(time_point now, const arrival& how, bool from_neighbour,
                             const name_packet& response, actions& out) {
  for (auto& claim : at_servers_) {
    const auto before = claim.state();
    if (!claim.on_response(now, how.from.address, response, out)) continue;
    if (before != claim_state::lost && claim.state() == claim_state::lost) counters_.add(counter::names_lost);
    return true;
  }
  const bool refusal =
      response.opcode == opcode::registration && response.rcode != rcode::ok && response.answer;
  if (!refusal || !from_neighbour) return false;
  for (auto& claim : on_links_) {
    if (!claim.is_waiting_for(response.id) || claim.name() != response.answer->name || claim.via() != how.via)
      continue;
    counters_.add(counter::names_lost);
    claim.refused(now, how.from.address, out);
    return true;
  }
  return false;
}

void name_table::on_conflict_demand(const netbios_name& name) {
  for (auto& claim : on_links_) {
    if (claim.name() != name || claim.state() != claim_state::owned) continue;
    claim.conflict_demanded();
    counters_.add(counter::names_lost);
  }
}

void name_table::stop(time_point now) {
  for (auto& claim : on_links_) claim.stop(now);
  for (auto& claim : at_servers_) claim.stop(now);
}

bool name_table::stopped() const {
  const auto gone = [](const auto& claim) { return claim.state() == claim_state::gone; };
  return std::ranges::all_of(on_links_, gone) && std::ranges::all_of(at_servers_, gone);
}

const broadcast_claim* name_table::find(const netbios_name& name, ipv4 via) const {
  const auto found = std::ranges::find_if(
      on_links_, [&](const auto& claim) { return claim.via() == via && claim.name() == name; });
  return found == on_links_.end() ? nullptr : &*found;
}

bool name_table::owns(const netbios_name& name) const {
  const auto owned = [&name](const auto& claim) {
    return claim.state() == claim_state::owned && claim.name() == name;
  };
  return std::ranges::any_of(on_links_, owned) || std::ranges::any_of(at_servers_, owned);
}

}  // namespace mailslot::net

// What a node says about itself, for `.net/`: one thing a line, `key=value` with keys that stay.
#include "net/proto/node.h"

#include <fmt/format.h>

#include <iterator>

namespace mailslot::net {
namespace {

template <typename Claim>
void append_claim(std::string& out, const Claim& claim, std::string_view where) {
  fmt::format_to(std::back_inserter(out), "name={} kind={} where={} address={} state={}\n",
                 to_string(claim.name()), claim.is_group() ? "group" : "unique", where,
                 to_string(claim.via()), claim_state_name(claim.state()));
}

}  // namespace

std::string node::report_names() const {
  std::string out;
  if (!settings_.claims_names) {
    for (const auto& [name, group] : own_names_)
      fmt::format_to(std::back_inserter(out), "name={} kind={} where=nmbd state=owned\n", to_string(name),
                     group ? "group" : "unique");
  }
  for (const auto& claim : names_.on_links()) {
    const auto* link = link_of(claim.via());
    append_claim(out, claim, link != nullptr ? link->name : "-");
  }
  for (const auto& claim : names_.at_servers()) append_claim(out, claim, "wins");
  return out;
}

std::string node::report_peers(time_point now) const {
  std::string out;
  for (const auto& [name, peer] : peers_.all()) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - peer.seen).count();
    fmt::format_to(std::back_inserter(out), "name={} address={} seconds_ago={}\n", name,
                   to_string(peer.address), age);
  }
  return out;
}

std::string node::report_counters() const {
  std::string out;
  for (std::size_t i = 0; i < static_cast<std::size_t>(counter::count); ++i) {
    const auto which = static_cast<counter>(i);
    fmt::format_to(std::back_inserter(out), "{}={}\n", counter_name(which), counters_[which]);
  }
  return out;
}

std::string node::report_interfaces() const {
  std::string out;
  for (const auto& link : links_) {
    fmt::format_to(std::back_inserter(out), "interface={} address={} mask={} broadcast={}\n", link.name,
                   to_string(link.address), to_string(link.mask), to_string(link.broadcast()));
  }
  return out;
}

}  // namespace mailslot::net

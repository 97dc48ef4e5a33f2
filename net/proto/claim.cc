// Claiming, keeping and releasing a name.
#include "net/proto/claim.h"

#include "net/proto/name_packets.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mailslot::net {
namespace {

using namespace std::chrono_literals;

constexpr int tries = 3;
constexpr duration broadcast_interval = 250ms;  // RFC 1002 6: BCAST_REQ_RETRY_TIMEOUT
constexpr duration server_interval = 1500ms;    // [MS-NBTE] 3.1.2; RFC 1002's 5 s is from another age
constexpr duration lost_least = 5min;
constexpr duration lost_most = 15min;
constexpr duration silence_pause = 1min;  // when no WINS server answers
constexpr duration refresh_least = 5s;

void warn_lost(const netbios_name& name, ipv4 from, actions& out) {
  out.warnings.push_back(
      fmt::format("the name '{}' is taken, says {}; going on without it", to_string(name), to_string(from)));
}

}  // namespace

std::string_view claim_state_name(claim_state state) {
  switch (state) {
    case claim_state::claiming:
      return "claiming";
    case claim_state::owned:
      return "owned";
    case claim_state::lost:
      return "lost";
    case claim_state::conflict:
      return "conflict";
    case claim_state::releasing:
      return "releasing";
    case claim_state::gone:
      return "gone";
  }
  return "unknown";
}

broadcast_claim::broadcast_claim(time_point now, netbios_name name, bool group, const link& where,
                                 random_source& random)
    : name_(std::move(name)), group_(group), link_(where), random_(&random), id_(random.id()), due_(now) {}

address_entry broadcast_claim::entry() const {
  return {.flags = group_ ? nb_flags::group : std::uint16_t{0}, .address = link_.address};
}

void broadcast_claim::send(bytes payload, actions& out) const {
  out.send.push_back({.from = service::name,
                      .via = link_.address,
                      .to = {link_.broadcast(), static_cast<std::uint16_t>(service::name)},
                      .payload = std::move(payload)});
}

void broadcast_claim::on_timer(time_point now, actions& out) {
  if (now < due_) return;
  due_ = now + broadcast_interval;
  switch (state_) {
    case claim_state::lost:
      state_ = claim_state::claiming;
      id_ = random_->id();
      sent_ = 0;
      [[fallthrough]];
    case claim_state::claiming:
      if (sent_ < tries) {
        ++sent_;
        send(claim_packet(id_, name_, entry(), audience::broadcast), out);
      } else {
        state_ = claim_state::owned;
        due_ = never;
        send(overwrite_packet(id_, name_, entry()), out);
      }
      break;
    case claim_state::releasing:
      send(release_packet(id_, name_, entry(), audience::broadcast), out);
      if (++sent_ == tries) {
        state_ = claim_state::gone;
        due_ = never;
      }
      break;
    case claim_state::owned:
    case claim_state::conflict:
    case claim_state::gone:
      due_ = never;
      break;
  }
}

bool broadcast_claim::is_waiting_for(std::uint16_t id) const {
  return state_ == claim_state::claiming && sent_ > 0 && id == id_;
}

void broadcast_claim::refused(time_point now, ipv4 from, actions& out) {
  state_ = claim_state::lost;
  due_ = now + random_->between(lost_least, lost_most);
  warn_lost(name_, from, out);
}

void broadcast_claim::conflict_demanded() {
  if (state_ != claim_state::owned) return;
  state_ = claim_state::conflict;
  due_ = never;
}

void broadcast_claim::stop(time_point now) {
  const bool to_release = state_ == claim_state::owned;
  state_ = to_release ? claim_state::releasing : claim_state::gone;
  due_ = to_release ? now : never;
  id_ = random_->id();
  sent_ = 0;
}

wins_claim::wins_claim(time_point now, netbios_name name, bool group, bool multihomed, const link& where,
                       std::vector<ipv4> servers, random_source& random)
    : name_(std::move(name)),
      group_(group),
      multihomed_(multihomed),
      link_(where),
      servers_(std::move(servers)),
      random_(&random) {
  begin(now);
}

address_entry wins_claim::entry() const {
  const unsigned flags = nb_flags::hybrid_node | (group_ ? nb_flags::group : 0u);
  return {.flags = static_cast<std::uint16_t>(flags), .address = link_.address};
}

void wins_claim::send(bytes payload, actions& out) const {
  out.send.push_back({.from = service::name,
                      .via = link_.address,
                      .to = {servers_[server_], static_cast<std::uint16_t>(service::name)},
                      .payload = std::move(payload)});
}

// A new exchange with the current server.
void wins_claim::begin(time_point now) {
  id_ = random_->id();
  sent_ = 0;
  due_ = now;
}

void wins_claim::ask(time_point now, actions& out) {
  if (sent_ == tries) {
    give_up_server(now, out);
    return;
  }
  ++sent_;
  due_ = now + server_interval;
  send(request(), out);
}

bytes wins_claim::request() const {
  if (refreshing_) return refresh_packet(id_, name_, entry());
  if (multihomed_ && !group_) return multihomed_claim_packet(id_, name_, entry());
  return claim_packet(id_, name_, entry(), audience::server);
}

void wins_claim::give_up_server(time_point now, actions& out) {
  server_ = (server_ + 1) % servers_.size();
  refreshing_ = false;
  state_ = claim_state::claiming;
  begin(now);
  if (++silent_servers_ < servers_.size()) {
    ask(now, out);
    return;
  }
  if (silent_servers_ == servers_.size())
    out.warnings.push_back("no WINS server answers, asking again every minute");
  due_ = now + silence_pause;
}

void wins_claim::on_timer(time_point now, actions& out) {
  if (now < due_) return;
  switch (state_) {
    case claim_state::owned:
      if (!refreshing_) begin(now);
      refreshing_ = true;
      ask(now, out);
      break;
    case claim_state::lost:
      state_ = claim_state::claiming;
      begin(now);
      ask(now, out);
      break;
    case claim_state::claiming:
      ask(now, out);
      break;
    case claim_state::releasing:
      if (sent_ == tries) {
        state_ = claim_state::gone;
        due_ = never;
        break;
      }
      ++sent_;
      due_ = now + broadcast_interval;
      send(release_packet(id_, name_, entry(), audience::server), out);
      break;
    case claim_state::conflict:
    case claim_state::gone:
      due_ = never;
      break;
  }
}

bool wins_claim::on_response(time_point now, ipv4 from, const name_packet& response, actions& out) {
  const bool waiting = sent_ > 0 && due_ != never &&
                       (state_ == claim_state::claiming || state_ == claim_state::releasing ||
                        (state_ == claim_state::owned && refreshing_));
  if (!waiting || response.id != id_ || from != servers_[server_] || !response.answer ||
      response.answer->name != name_)
    return false;
  if (state_ == claim_state::releasing) {
    if (response.opcode != opcode::release) return false;
    state_ = claim_state::gone;
    due_ = never;
    return true;
  }
  const std::chrono::seconds ttl(response.answer->ttl);
  if (response.opcode == opcode::wack) {
    due_ = now + std::clamp<duration>(ttl, 1s, 60s);
    return true;
  }
  if (response.opcode != opcode::registration && response.opcode != opcode::refresh &&
      response.opcode != opcode::multihomed_registration)
    return false;
  silent_servers_ = 0;
  if (response.rcode == rcode::ok) {
    state_ = claim_state::owned;
    refreshing_ = false;
    due_ = ttl == 0s ? never : now + std::max<duration>(ttl / 2, refresh_least);
    sent_ = 0;
  } else if (refreshing_) {  // the server has forgotten the name: claim it anew
    state_ = claim_state::claiming;
    refreshing_ = false;
    begin(now);
  } else {
    state_ = claim_state::lost;
    due_ = now + random_->between(lost_least, lost_most);
    warn_lost(name_, from, out);
  }
  return true;
}

void wins_claim::stop(time_point now) {
  const bool to_release = state_ == claim_state::owned;
  state_ = to_release ? claim_state::releasing : claim_state::gone;
  begin(now);
  if (!to_release) due_ = never;
}

}  // namespace mailslot::net

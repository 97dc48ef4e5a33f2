// Composition of the protocol's machines.
#include "net/proto/node.h"

#include "net/proto/slot_path.h"
#include "net/wire/datagram.h"
#include "net/wire/error.h"
#include "net/wire/mailslot_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mailslot::net {
namespace {

using namespace std::chrono_literals;

constexpr duration longest_wait = 1s;  // of a write for its target
constexpr std::size_t waiting_limit = 1024;
constexpr duration own_datagram_window = 5s;
constexpr rate news_of_floods{.per_second = 1.0 / 60, .burst = 1};
// Each group write costs every host of the subnet.
constexpr rate group_writes_of_one{.per_second = 1000, .burst = 2000};
constexpr rate group_writes_of_all{.per_second = 4000, .burst = 8000};

std::vector<name_table::own_name> own_names(const node_settings& settings) {
  std::vector<name_table::own_name> names{{.name = settings.computer, .group = false},
                                          {.name = settings.domain, .group = true}};
  for (const auto& alias : settings.aliases) {
    names.push_back({.name = alias, .group = is_group_kind(alias.suffix())});
  }
  return names;
}

counter counter_of(verdict what) {
  switch (what) {
    case verdict::taken:
      return counter::delivered;
    case verdict::no_such_slot:
      return counter::dropped_no_such_slot;
    case verdict::denied:
      return counter::dropped_denied;
    case verdict::full:
      return counter::dropped_full;
  }
  return counter::dropped_full;
}

}  // namespace

node::node(node_settings settings, std::uint64_t seed)
    : settings_(std::move(settings)),
      own_names_(own_names(settings_)),
      random_(seed),
      names_(settings_.claims_names ? own_names_ : std::vector<name_table::own_name>{},
             settings_.wins_servers, random_, counters_),
      responder_(names_, counters_),
      resolver_(settings_.wins_servers, settings_.hosts, random_, counters_),
      receiver_(
          {.messages_per_second = settings_.messages_per_second},
          [this](const netbios_name& name) { return holds(name); }, counters_, peers_),
      group_writes_(group_writes_of_one, group_writes_of_all),
      flood_news_(news_of_floods, time_point{}),
      own_datagrams_(own_datagram_window),
      next_datagram_id_(random_.id()) {
  if (settings_.takes_names_of_nmbd) nmbd_names_.emplace(random_);
}

void node::set_links(time_point now, std::vector<link> links, actions& out) {
  if (links == links_) return;
  links_ = std::move(links);
  names_.set_links(now, links_);
  resolver_.set_links(links_);
  nmbd_came(now, out);
  on_timer(now, out);
}

void node::nmbd_came(time_point now, actions& out) {
  if (!nmbd_names_) return;
  nmbd_names_->ask(now);
  nmbd_names_->on_timer(now, links_, out);
}

void node::on_timer(time_point now, actions& out) {
  names_.on_timer(now, out);
  resolver_.on_timer(now, out);
  if (nmbd_names_) nmbd_names_->on_timer(now, links_, out);
  settle_writes(now, out);
}

time_point node::next_timer() const {
  auto next = std::min(names_.next_timer(), resolver_.next_timer());
  for (const auto& write : waiting_) next = std::min(next, write.deadline);
  if (nmbd_names_) next = std::min(next, nmbd_names_->next_timer());
  return next;
}

// Receiving ------------------------------------------------------------------------------------------

void node::on_packet(time_point now, const arrival& how, bytes_view payload, actions& out) {
  if (how.on == service::name)
    on_name_packet(now, how, payload, out);
  else
    on_datagram(now, how, payload, out);
}

void node::on_name_packet(time_point now, const arrival& how, bytes_view payload, actions& out) {
  const auto packet = decode_name_packet(payload);
  if (!packet) {
    counters_.add(counter::ignored_malformed);
    return;
  }
  const auto* link = link_of(how.via);
  const bool neighbour =
      (link != nullptr && link->holds(how.from.address)) || resolver_.is_wins_server(how.from.address);
  if (packet->response) {
    if (nmbd_names_) {
      if (auto names = nmbd_names_->on_response(now, how, *packet)) {
        own_names_ = std::move(*names);
        settings_.computer = own_names_[0].name;
        settings_.domain = own_names_[1].name;
        return;
      }
    }
    if (names_.on_response(now, how, neighbour, *packet, out)) return;
    if (resolver_.on_response(now, how, neighbour, *packet, out)) {
      settle_writes(now, out);
      return;
    }
    const bool demand =
        packet->opcode == opcode::registration && packet->rcode == rcode::conflict && packet->answer;
    if (demand && neighbour && settings_.obeys_conflict_demands)
      names_.on_conflict_demand(packet->answer->name);
    else
      counters_.add(demand ? counter::ignored_conflict_demand : counter::ignored_stray_response);
    return;
  }
  if (packet->opcode == opcode::release && packet->question && neighbour)
    resolver_.on_release(packet->question->name, how.from.address);
  const bool self = link_of(how.from.address) != nullptr;
  const auto ignored = counters_[counter::ignored_flood];
  responder_.on_request(now, how, neighbour && link != nullptr, self, *packet, out);
  if (counters_[counter::ignored_flood] != ignored) tell_of_flood(now, "questions", how.from.address, out);
}

void node::on_datagram(time_point now, const arrival& how, bytes_view payload, actions& out) {
  const auto packet = decode_datagram(payload);
  if (packet && own_datagrams_.contains(now, packet->id) && link_of(how.from.address) != nullptr) {
    counters_.add(counter::dropped_own);
    return;
  }
  counters_.add(counter::messages_received);
  if (!packet) {
    counters_.add(counter::dropped_malformed);
  } else if (packet->is_whole()) {
    const auto dropped = counters_[counter::dropped_flood];
    if (auto message = receiver_.receive(now, how, *packet)) out.deliver.push_back(std::move(*message));
    if (counters_[counter::dropped_flood] != dropped) tell_of_flood(now, "messages", how.from.address, out);
  } else if (std::holds_alternative<datagram_message>(packet->body)) {
    counters_.add(counter::dropped_fragment);
  } else {
    if (std::holds_alternative<datagram_error>(packet->body)) resolver_.on_datagram_error(how.from.address);
    counters_.add(counter::dropped_not_message);
  }
}

// Not as often as it happens: that would be a flood, too.
void node::tell_of_flood(time_point now, std::string_view of_what, ipv4 from, actions& out) {
  if (!flood_news_.take(now)) return;
  out.warnings.push_back(
      fmt::format("too many {} from {}, ignoring some (said once a minute)", of_what, to_string(from)));
}

void node::on_verdict(verdict what) {
  counters_.add(counter_of(what));
}

bool node::holds(const netbios_name& name) const {
  return settings_.claims_names ? names_.owns(name) : own(name) != nullptr;
}

const name_table::own_name* node::own(const netbios_name& name) const {
  const auto found = std::ranges::find(own_names_, name, &name_table::own_name::name);
  return found == own_names_.end() ? nullptr : &*found;
}

const link* node::link_of(ipv4 via) const {
  const auto found = std::ranges::find(links_, via, &link::address);
  return found == links_.end() ? nullptr : &*found;
}

const link* node::link_towards(ipv4 address) const {
  const auto found = std::ranges::find_if(links_, [address](const link& l) { return l.holds(address); });
  return found == links_.end() ? nullptr : &*found;
}

// Sending --------------------------------------------------------------------------------------------

std::size_t node::max_message_size(std::string_view slot) const {
  return data_limit(slot.size(), settings_.samba_safe ? samba_message_limit : windows_message_limit);
}

reach node::reach_of(std::string_view text) const {
  const auto target = parse_target(text);
  if (!target) return reach::network;
  if (target->own_domain) return reach::both;
  const auto* ours = own(target->name);
  if (ours == nullptr) return reach::network;
  return ours->group ? reach::both : reach::local;
}

void node::resolve(time_point now, std::string_view text, actions& out) {
  const auto target = parse_target(text);
  if (!target || links_.empty() || reach_of(text) != reach::network) return;
  if (resolver_.find(now, target->name) != nullptr || resolver_.is_missing(now, target->name)) return;
  resolver_.ask(now, target->name, out);
}

std::optional<std::error_code> node::write(time_point now, write_id id, std::string_view text,
                                           std::string_view slot, bytes_view data, std::uint32_t uid,
                                           actions& out) {
  if (stopping_) return transport_errc::down;
  if (data.size() > max_message_size(slot)) return transport_errc::too_big;
  const auto target = parse_target(text);
  auto wire_slot = path_to_wire(slot);
  if (!target || !wire_slot) return transport_errc::name_not_found;
  const auto where = reach_of(text);
  if (where == reach::local) return std::error_code{};
  if (links_.empty()) return transport_errc::down;
  if (where == reach::both) {
    const auto& group = target->own_domain ? settings_.domain : target->name;
    return send(now, {.group = true}, group, *wire_slot, data, uid, out);
  }
  if (const auto* known = resolver_.find(now, target->name))
    return send(now, *known, target->name, *wire_slot, data, uid, out);
  if (resolver_.is_missing(now, target->name)) return transport_errc::name_not_found;
  if (waiting_.size() >= waiting_limit || !resolver_.ask(now, target->name, out))
    return transport_errc::rate_limited;
  waiting_.push_back({.id = id,
                      .name = target->name,
                      .slot = std::move(*wire_slot),
                      .data = {data.begin(), data.end()},
                      .uid = uid,
                      .deadline = now + longest_wait});
  return std::nullopt;
}

bool node::cancel(write_id id) {
  return std::erase_if(waiting_, [id](const auto& write) { return write.id == id; }) > 0;
}

void node::settle_writes(time_point now, actions& out) {
  std::erase_if(waiting_, [&](const waiting_write& write) {
    std::error_code result;
    if (const auto* known = resolver_.find(now, write.name))
      result = send(now, *known, write.name, write.slot, write.data, write.uid, out);
    else if (resolver_.is_missing(now, write.name) || write.deadline <= now)
      result = transport_errc::name_not_found;
    else
      return false;
    out.finished.push_back({.id = write.id, .result = result});
    return true;
  });
}

std::error_code node::send(time_point now, const route& where, const netbios_name& name,
                           std::string_view slot, bytes_view data, std::uint32_t uid, actions& out) {
  if (links_.empty()) return transport_errc::down;
  if (where.group && !group_writes_.take(now, uid)) return transport_errc::rate_limited;
  bytes smb;
  if (encode_mailslot_write({.name = slot, .data = data}, smb)) return transport_errc::too_big;
  datagram packet{.type = where.group ? datagram_type::direct_group : datagram_type::direct_unique,
                  .id = next_datagram_id_++,
                  .body = datagram_message{.names = {{settings_.computer, name}}, .data = smb}};
  own_datagrams_.insert(now, packet.id);

  const auto port = static_cast<std::uint16_t>(service::datagram);
  const auto send_one = [&](ipv4 via, ipv4 to) {
    packet.source = {.address = via.is_any() ? links_.front().address : via, .port = port};
    send_packet out_packet{.from = service::datagram, .via = via, .to = {to, port}};
    if (encode_datagram(packet, out_packet.payload)) return;
    out.send.push_back(std::move(out_packet));
  };
  if (where.addresses.empty()) {
    for (const auto& link : links_) send_one(link.address, link.broadcast());
  }
  for (const auto address : where.addresses) {
    const auto* link = link_towards(address);
    send_one(link != nullptr ? link->address : ipv4{}, address);
  }
  counters_.add(counter::messages_sent);
  return {};
}

void node::stop(time_point now, actions& out) {
  stopping_ = true;
  for (const auto& write : waiting_) out.finished.push_back({.id = write.id, .result = transport_errc::down});
  waiting_.clear();
  names_.stop(now);
  names_.on_timer(now, out);
}

}  // namespace mailslot::net

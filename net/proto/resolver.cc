// Asking who has a name.
#include "net/proto/resolver.h"

#include "net/proto/name_packets.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mailslot::net {
namespace {

using namespace std::chrono_literals;

constexpr int broadcast_tries = 3;
constexpr duration interval = 250ms;        // RFC 1002 6; WINS servers get as much: a writer is waiting
constexpr duration comparing_time = 1s;     // RFC 1002 6: CONFLICT_TIMER
constexpr duration missing_time = 2s;       // how long "nobody" is believed
constexpr duration longest_memory = 10min;  // whatever TTL says: Samba says three days, and hosts move
constexpr duration shortest_memory = 5s;
constexpr std::size_t query_limit = 256;
constexpr std::size_t cache_limit = 4096;
constexpr rate queries_allowed{.per_second = 100, .burst = 200};

}  // namespace

resolver::resolver(std::vector<ipv4> wins_servers, hosts_table hosts, random_source& random, counters& counts)
    : wins_servers_(std::move(wins_servers)),
      hosts_(std::move(hosts)),
      random_(random),
      counters_(counts),
      query_rate_(queries_allowed, time_point{}) {}

void resolver::set_links(std::span<const link> links) {
  links_.assign(links.begin(), links.end());
  cache_.clear();  // another network may be another world
}

const route* resolver::find(time_point now, const netbios_name& name) const {
  if (const auto* fixed = hosts_.find(name)) return fixed;
  const auto found = cache_.find(name);
  return found == cache_.end() || found->second.missing || found->second.until <= now ? nullptr
                                                                                      : &found->second.where;
}

bool resolver::is_missing(time_point now, const netbios_name& name) const {
  const auto found = cache_.find(name);
  return found != cache_.end() && found->second.missing && found->second.until > now;
}

bool resolver::ask(time_point now, const netbios_name& name, actions& out) {
  if (const auto under_way = queries_.find(name); under_way != queries_.end()) {
    if (!under_way->second.answered) return true;
    queries_.erase(under_way);  // its answer was forgotten before the comparing ended
  }
  if (queries_.size() >= query_limit || !query_rate_.take(now)) return false;
  auto& question = queries_[name];
  question.id = random_.id();
  question.first_server = preferred_server_;
  send_next(now, name, question, out);
  return true;
}

// A WINS server alone at first; then the subnet too, so that a dead server costs a quarter of a second and no
// more.
void resolver::send_next(time_point now, const netbios_name& name, query& question, actions& out) {
  const bool ask_servers = !wins_servers_.empty() && !question.servers_said_no;
  const bool ask_subnet = !ask_servers || question.servers_asked > 0;
  const auto port = static_cast<std::uint16_t>(service::name);
  if (ask_servers) {
    const auto server =
        wins_servers_[(question.first_server + question.servers_asked++) % wins_servers_.size()];
    out.send.push_back({.from = service::name,
                        .to = {server, port},
                        .payload = query_packet(question.id, name, audience::server)});
  }
  if (ask_subnet) {
    ++question.broadcasts;
    for (const auto& link : links_) {
      out.send.push_back({.from = service::name,
                          .via = link.address,
                          .to = {link.broadcast(), port},
                          .payload = query_packet(question.id, name, audience::broadcast)});
    }
  }
  counters_.add(counter::queries_sent);
  question.due = now + interval;
}

void resolver::on_timer(time_point now, actions& out) {
  for (auto at = queries_.begin(); at != queries_.end();) {
    auto& [name, question] = *at;
    if (question.due > now) {
      ++at;
    } else if (!question.answered && question.broadcasts < broadcast_tries) {
      send_next(now, name, question, out);
      ++at;
    } else {
      if (question.servers_silent && !wins_servers_.empty())
        preferred_server_ = (preferred_server_ + 1) % wins_servers_.size();
      if (!question.answered)
        remember(now, name, {.where = {}, .missing = true, .until = now + missing_time});
      at = queries_.erase(at);
    }
  }
}

time_point resolver::next_timer() const {
  auto next = never;
  for (const auto& [name, question] : queries_) next = std::min(next, question.due);
  return next;
}

bool resolver::on_response(time_point now, const arrival& how, bool from_neighbour,
                           const name_packet& response, actions& out) {
  if (response.opcode != opcode::query || !response.answer) return false;
  const auto found = queries_.find(response.answer->name);
  if (found == queries_.end() || found->second.id != response.id) return false;
  auto& question = found->second;
  const auto server = std::ranges::find(wins_servers_, how.from.address);
  const bool from_server = server != wins_servers_.end();
  if (!from_server && !from_neighbour) return false;
  if (from_server) question.servers_silent = false;
  if (response.rcode != rcode::ok) {
    if (from_server && !question.answered && !question.servers_said_no) {
      question.servers_said_no = true;
      if (question.broadcasts == 0) send_next(now, found->first, question, out);
    }
    return true;
  }
  const auto entries = decode_addresses(response.answer->data);
  if (response.answer->type != record_type::nb || !entries) return false;
  auto where = route_from(*entries, from_server);
  if (!where.group && where.addresses.empty()) return false;
  if (from_server) preferred_server_ = static_cast<std::size_t>(server - wins_servers_.begin());
  if (question.answered)
    on_further_answer(now, how, *response.answer, question, std::move(where), out);
  else
    on_first_answer(now, how, *response.answer, question, std::move(where));
  return true;
}

void resolver::on_first_answer(time_point now, const arrival& how, const record& answer, query& question,
                               route found) {
  const duration ttl = answer.ttl == 0 ? longest_memory : duration(std::chrono::seconds(answer.ttl));
  question.answered = true;
  question.answered_on = how.via;
  question.due = now + comparing_time;
  remember(now, answer.name,
           {.where = std::move(found),
            .missing = false,
            .until = now + std::clamp(ttl, shortest_memory, longest_memory)});
}

// A computer and a domain may have one name: then the computer is meant, as the more precise. Members of a
// group all answer, and a computer answers once a link: no news.
void resolver::on_further_answer(time_point now, const arrival& how, const record& answer, query& question,
                                 route found, actions& out) {
  const auto* current = find(now, answer.name);
  if (current == nullptr || found.group || found == *current) return;
  if (!current->group && how.via != question.answered_on) return;
  const auto before = *current;
  if (before.group)
    remember(now, answer.name, {.where = found, .missing = false, .until = now + longest_memory});
  if (std::exchange(question.conflict_told, true)) return;
  counters_.add(counter::resolve_conflicts);
  const auto other = to_string(found.addresses.front());
  if (before.group)
    out.warnings.push_back(fmt::format("'{}' is both a group and a computer at {}, using the computer",
                                       to_string(answer.name), other));
  else
    out.warnings.push_back(fmt::format("'{}' is claimed by {} and by {}, using the first",
                                       to_string(answer.name), to_string(before.addresses.front()), other));
}

// 0.0.0.0 (Samba) and 255.255.255.255 (Windows) are how WINS servers say "any member: broadcast".
route resolver::route_from(std::span<const address_entry> entries, bool from_server) const {
  route where{.group = entries.front().is_group()};
  if (where.group && !from_server) return where;
  for (const auto& entry : entries) {
    if (entry.address.is_host()) where.addresses.push_back(entry.address);
  }
  if (!where.group && where.addresses.size() > 1) {  // a computer with several: the nearest
    const auto near = std::ranges::find_if(where.addresses, [this](ipv4 address) {
      return std::ranges::any_of(links_, [address](const link& l) { return l.holds(address); });
    });
    where.addresses = {near != where.addresses.end() ? *near : where.addresses.front()};
  }
  return where;
}

void resolver::remember(time_point now, const netbios_name& name, known what) {
  if (cache_.size() >= cache_limit && !cache_.contains(name)) {
    std::erase_if(cache_, [now](const auto& item) { return item.second.until <= now; });
    if (cache_.size() >= cache_limit) {
      cache_.erase(std::ranges::min_element(cache_, {}, [](const auto& item) { return item.second.until; }));
    }
  }
  cache_[name] = std::move(what);
}

void resolver::on_release(const netbios_name& name, ipv4 from) {
  const auto found = cache_.find(name);
  if (found != cache_.end() && found->second.where == route{.group = false, .addresses = {from}})
    cache_.erase(found);
}

void resolver::on_datagram_error(ipv4 from) {
  std::erase_if(cache_, [from](const auto& item) {
    return item.second.where == route{.group = false, .addresses = {from}};
  });
}

bool resolver::is_wins_server(ipv4 address) const {
  return std::ranges::find(wins_servers_, address) != wins_servers_.end();
}

}  // namespace mailslot::net

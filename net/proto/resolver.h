// Finds out who has a name: from the static table, from what was answered lately, from the WINS servers, by
// asking the subnet (RFC 1002 5.1.1.2 and 5.1.2.2, the order of an H node). Knows nothing of what the answer
// is for.
//
// Whoever answers first is believed: the protocol has no better. What can be done about lies is done: ids are
// random, only neighbours and our WINS servers are listened to, nothing is remembered that was not asked for,
// and a second, different answer within a second is counted and told to the operator.
#pragma once

#include "net/proto/action.h"
#include "net/proto/counters.h"
#include "net/proto/hosts_table.h"
#include "net/proto/limits.h"
#include "net/proto/random.h"
#include "net/proto/route.h"
#include "net/wire/name_service.h"

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace mailslot::net {

class resolver {
 public:
  // `random` and `counts` must outlive the resolver.
  resolver(std::vector<ipv4> wins_servers, hosts_table hosts, random_source& random, counters& counts);

  void set_links(std::span<const link> links);

  // The route if it is known, else null. Valid until the resolver is used again.
  [[nodiscard]] const route* find(time_point now, const netbios_name& name) const;
  // Whether the name was asked for a moment ago, and nobody had it.
  [[nodiscard]] bool is_missing(time_point now, const netbios_name& name) const;

  // Begins to ask, unless that is under way. False when too much is being asked.
  bool ask(time_point now, const netbios_name& name, actions& out);

  void on_timer(time_point now, actions& out);
  [[nodiscard]] time_point next_timer() const;

  // True when the response answers a question of ours.
  bool on_response(time_point now, const arrival& how, bool from_neighbour, const name_packet& response,
                   actions& out);

  // The owner gave the name up, or said that it has no such name: forgets it, if `from` is who we think has
  // it.
  void on_release(const netbios_name& name, ipv4 from);
  void on_datagram_error(ipv4 from);

  [[nodiscard]] bool is_wins_server(ipv4 address) const;

 private:
  struct query {
    std::uint16_t id = 0;
    std::size_t first_server = 0;
    std::size_t servers_asked = 0;  // each in turn
    bool servers_said_no = false;
    bool servers_silent = true;
    int broadcasts = 0;
    bool answered = false;
    bool conflict_told = false;
    ipv4 answered_on{};  // the link that the answer came by
    time_point due{};    // to ask again; once answered: to stop comparing answers
  };
  struct known {
    route where{};
    bool missing = false;
    time_point until{};
  };

  void send_next(time_point now, const netbios_name& name, query& question, actions& out);
  void on_first_answer(time_point now, const arrival& how, const record& answer, query& question,
                       route found);
  void on_further_answer(time_point now, const arrival& how, const record& answer, query& question,
                         route found, actions& out);
  [[nodiscard]] route route_from(std::span<const address_entry> entries, bool from_server) const;
  void remember(time_point now, const netbios_name& name, known what);

  std::vector<ipv4> wins_servers_;
  hosts_table hosts_;
  random_source& random_;
  counters& counters_;
  std::vector<link> links_;
  std::size_t preferred_server_ = 0;
  token_bucket query_rate_;
  std::unordered_map<netbios_name, query> queries_;
  std::unordered_map<netbios_name, known> cache_;
};

}  // namespace mailslot::net

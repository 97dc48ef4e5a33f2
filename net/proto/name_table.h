// The names that this node holds or tries to hold, on every link and at the WINS servers. Drives the claims;
// answers nobody (the responder does).
#pragma once

#include "net/proto/action.h"
#include "net/proto/claim.h"
#include "net/proto/counters.h"

#include <span>
#include <vector>

namespace mailslot::net {

class name_table {
 public:
  struct own_name {
    netbios_name name;
    bool group = false;
  };

  // Nothing is claimed before there are links. `random` and `counts` must outlive the table.
  name_table(std::vector<own_name> names, std::vector<ipv4> wins_servers, random_source& random,
             counters& counts);

  // Claims all names on links that are new, and forgets those that are gone.
  void set_links(time_point now, std::span<const link> links);

  void on_timer(time_point now, actions& out);
  [[nodiscard]] time_point next_timer() const;

  // True when the response was about a claim of ours. Only `from_neighbour`s may refuse a broadcast claim.
  bool on_response(time_point now, const arrival& how, bool from_neighbour, const name_packet& response,
                   actions& out);

  // Takes the name for lost, RFC 1002 4.2.8. Whoever calls this lets any host take any name away.
  void on_conflict_demand(const netbios_name& name);

  // Begins to release all names; stopped() when the last packet about it is out.
  void stop(time_point now);
  [[nodiscard]] bool stopped() const;

  // The claim of `name` on the link with the address `via`, or null.
  [[nodiscard]] const broadcast_claim* find(const netbios_name& name, ipv4 via) const;
  // Whether some claim of the name, on whatever link, has succeeded.
  [[nodiscard]] bool owns(const netbios_name& name) const;

  [[nodiscard]] std::span<const own_name> names() const { return names_; }
  [[nodiscard]] std::span<const broadcast_claim> on_links() const { return on_links_; }
  [[nodiscard]] std::span<const wins_claim> at_servers() const { return at_servers_; }

 private:
  std::vector<own_name> names_;
  std::vector<ipv4> wins_servers_;
  random_source& random_;
  counters& counters_;
  std::vector<broadcast_claim> on_links_;
  std::vector<wins_claim> at_servers_;
};

}  // namespace mailslot::net

// A NetBIOS node that speaks mailslots: holds its names, answers for them, finds others, sends and receives.
// Composes the machines of this folder; driven by hand, with time as an argument:
//
//   set_links() when interfaces come or go, on_packet() for each UDP payload, on_timer() at next_timer().
//
// Each appends what is to be done to `out`. Not safe for use by several threads at once.
#pragma once

#include "net/proto/action.h"
#include "net/proto/counters.h"
#include "net/proto/hosts_table.h"
#include "net/proto/limits.h"
#include "net/proto/message_receiver.h"
#include "net/proto/name_table.h"
#include "net/proto/nmbd_names.h"
#include "net/proto/peers.h"
#include "net/proto/random.h"
#include "net/proto/recent.h"
#include "net/proto/resolver.h"
#include "net/proto/responder.h"
#include "net/proto/target.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailslot::net {

struct node_settings {
  netbios_name computer{};              // NAME<00>
  netbios_name domain{};                // DOMAIN<00>
  std::vector<netbios_name> aliases{};  // more names to hold: groups if they end in <1c> or <1e>, else unique
  std::vector<ipv4> wins_servers{};     // in the order of preference
  hosts_table hosts{};
  bool claims_names = true;             // false beside an nmbd that holds them for this host
  bool takes_names_of_nmbd = false;     // where nmbd's names are other than those here
  bool samba_safe = false;              // send only what nmbd's buffer takes
  bool obeys_conflict_demands = false;  // RFC 1002 says so; it lets anybody take our names away
  double messages_per_second = 10000;   // taken from one address; 0: no limit
};

class node {
 public:
  node(node_settings settings, std::uint64_t seed);

  void set_links(time_point now, std::vector<link> links, actions& out);
  // Beside nmbd: there is one, perhaps another than before.
  void nmbd_came(time_point now, actions& out);
  void on_packet(time_point now, const arrival& how, bytes_view payload, actions& out);
  void on_timer(time_point now, actions& out);
  [[nodiscard]] time_point next_timer() const;

  [[nodiscard]] std::size_t max_message_size(std::string_view slot) const;
  [[nodiscard]] reach reach_of(std::string_view target) const;

  // Begins to look for a target.
  void resolve(time_point now, std::string_view target, actions& out);

  // Sends, or says why not; or nothing yet, when the target must be looked for first: then a finish_write
  // with `id` follows within a second.
  std::optional<std::error_code> write(time_point now, write_id id, std::string_view target,
                                       std::string_view slot, bytes_view data, std::uint32_t uid,
                                       actions& out);
  // Forgets a waiting write; false when there is none of this id.
  bool cancel(write_id id);

  // What became of a delivered message.
  void on_verdict(verdict what);

  // Ends all waiting writes and begins to release the names.
  void stop(time_point now, actions& out);
  [[nodiscard]] bool stopped() const { return names_.stopped(); }

  [[nodiscard]] const node_settings& settings() const { return settings_; }
  [[nodiscard]] std::span<const link> links() const { return links_; }

  // For people and scripts: one thing a line.
  [[nodiscard]] std::string report_names() const;
  [[nodiscard]] std::string report_peers(time_point now) const;
  [[nodiscard]] std::string report_counters() const;
  [[nodiscard]] std::string report_interfaces() const;

 private:
  struct waiting_write {
    write_id id;
    netbios_name name;
    std::string slot;  // as on the wire
    bytes data;
    std::uint32_t uid;
    time_point deadline;
  };

  void on_name_packet(time_point now, const arrival& how, bytes_view payload, actions& out);
  void on_datagram(time_point now, const arrival& how, bytes_view payload, actions& out);
  void tell_of_flood(time_point now, std::string_view of_what, ipv4 from, actions& out);
  void settle_writes(time_point now, actions& out);
  std::error_code send(time_point now, const route& where, const netbios_name& name, std::string_view slot,
                       bytes_view data, std::uint32_t uid, actions& out);

  [[nodiscard]] bool holds(const netbios_name& name) const;
  [[nodiscard]] const name_table::own_name* own(const netbios_name& name) const;
  [[nodiscard]] const link* link_of(ipv4 via) const;
  [[nodiscard]] const link* link_towards(ipv4 address) const;

  node_settings settings_;
  std::vector<name_table::own_name> own_names_;  // the computer's first, the domain's second
  random_source random_;
  counters counters_;
  std::vector<link> links_;
  peer_table peers_;
  name_table names_;
  std::optional<nmbd_names> nmbd_names_;
  responder responder_;
  resolver resolver_;
  message_receiver receiver_;
  rate_limiter<std::uint32_t> group_writes_;
  token_bucket flood_news_;
  recent own_datagrams_;
  std::uint16_t next_datagram_id_;
  std::vector<waiting_write> waiting_;
  bool stopping_ = false;
};

}  // namespace mailslot::net

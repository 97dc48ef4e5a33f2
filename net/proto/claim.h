// One name of ours in one place: on a link (by broadcast, RFC 1002 5.1.1) or at the WINS servers (5.1.2).
// State machines; they know neither other claims nor who else asks for the name.
//
//   claiming --nobody objects--> owned --stop()--> releasing --> gone
//      |  ^                        |
//      v  +---- minutes later      +--conflict demand, where obeyed--> conflict
//     lost
#pragma once

#include "net/proto/action.h"
#include "net/proto/random.h"
#include "net/proto/time.h"
#include "net/wire/name_service.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mailslot::net {

enum class claim_state { claiming, owned, lost, conflict, releasing, gone };

// "claiming"
std::string_view claim_state_name(claim_state state);

// Asks the subnet three times, a quarter of a second apart; then the name is ours.
class broadcast_claim {
 public:
  broadcast_claim(time_point now, netbios_name name, bool group, const link& where, random_source& random);

  void on_timer(time_point now, actions& out);
  [[nodiscard]] time_point next_timer() const { return due_; }

  // Whether a response with this id is about the claim that is under way.
  [[nodiscard]] bool is_waiting_for(std::uint16_t id) const;
  void refused(time_point now, ipv4 from, actions& out);
  void conflict_demanded();
  void stop(time_point now);

  [[nodiscard]] claim_state state() const { return state_; }
  [[nodiscard]] const netbios_name& name() const { return name_; }
  [[nodiscard]] bool is_group() const { return group_; }
  [[nodiscard]] ipv4 via() const { return link_.address; }

 private:
  [[nodiscard]] address_entry entry() const;
  void send(bytes payload, actions& out) const;

  netbios_name name_;
  bool group_;
  link link_;
  random_source* random_;
  claim_state state_ = claim_state::claiming;
  std::uint16_t id_;
  int sent_ = 0;
  time_point due_;
};

// Asks one server after the other; owns the name from the first that agrees, and refreshes it there at half
// its time.
class wins_claim {
 public:
  // `multihomed`: this computer has other addresses, too, which may have the name as well. Not to be said
  // otherwise: Samba then gives the name away without asking a computer that has it already.
  wins_claim(time_point now, netbios_name name, bool group, bool multihomed, const link& where,
             std::vector<ipv4> servers, random_source& random);

  void on_timer(time_point now, actions& out);
  [[nodiscard]] time_point next_timer() const { return due_; }

  // True when the response answers what this claim sent last.
  bool on_response(time_point now, ipv4 from, const name_packet& response, actions& out);
  void stop(time_point now);

  [[nodiscard]] claim_state state() const { return state_; }
  [[nodiscard]] const netbios_name& name() const { return name_; }
  [[nodiscard]] bool is_group() const { return group_; }
  [[nodiscard]] ipv4 via() const { return link_.address; }

 private:
  [[nodiscard]] address_entry entry() const;
  void begin(time_point now);
  void ask(time_point now, actions& out);
  void give_up_server(time_point now, actions& out);
  [[nodiscard]] bytes request() const;
  void send(bytes payload, actions& out) const;

  netbios_name name_;
  bool group_;
  bool multihomed_;
  link link_;
  std::vector<ipv4> servers_;
  random_source* random_;
  claim_state state_ = claim_state::claiming;
  std::size_t server_ = 0;
  std::size_t silent_servers_ = 0;
  bool refreshing_ = false;
  std::uint16_t id_ = 0;
  int sent_ = 0;
  time_point due_;
};

}  // namespace mailslot::net

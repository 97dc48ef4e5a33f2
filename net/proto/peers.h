// Computers that were heard, with the address and the time. In bounded memory: whoever was silent longest is
// forgotten first. What a peer says of itself is a claim.
#pragma once

#include "net/proto/time.h"
#include "net/wire/ipv4.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace mailslot::net {

class peer_table {
 public:
  struct peer {
    ipv4 address;
    time_point seen;
  };

  void heard(time_point now, std::string_view name, ipv4 address);

  // By name.
  [[nodiscard]] const std::map<std::string, peer, std::less<>>& all() const { return peers_; }

 private:
  static constexpr std::size_t peer_limit = 1024;
  std::map<std::string, peer, std::less<>> peers_;
};

}  // namespace mailslot::net

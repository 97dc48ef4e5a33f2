// Computers that were heard.
#include "net/proto/peers.h"

#include <algorithm>

namespace mailslot::net {

void peer_table::heard(time_point now, std::string_view name, ipv4 address) {
  if (const auto known = peers_.find(name); known != peers_.end()) {
    known->second = {address, now};
    return;
  }
  if (peers_.size() >= peer_limit) {
    peers_.erase(std::ranges::min_element(peers_, {}, [](const auto& item) { return item.second.seen; }));
  }
  peers_.emplace(name, peer{address, now});
}

}  // namespace mailslot::net

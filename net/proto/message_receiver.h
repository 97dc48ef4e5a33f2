// From a UDP payload on port 138 to a message for a slot, or to the reason why not: [MS-MAIL] 3.2.5.1.
// Never answers anything. Knows neither slots nor claims.
#pragma once

#include "net/proto/action.h"
#include "net/proto/counters.h"
#include "net/proto/limits.h"
#include "net/proto/peers.h"
#include "net/proto/recent.h"
#include "net/wire/datagram.h"

#include <functional>
#include <optional>

namespace mailslot::net {

class message_receiver {
 public:
  struct settings {
    double messages_per_second = 10000;  // from one address; 0: no limit
  };
  // Whether a message to this name is for us.
  using holds_name = std::function<bool(const netbios_name&)>;

  // `counts` and `peers` must outlive the receiver.
  message_receiver(settings how, holds_name holds, counters& counts, peer_table& peers);

  // `packet` is whole (datagram::is_whole). A copy of a message that came in the last seconds is nothing new,
  // by whatever link and from whichever of its sender's addresses it came.
  std::optional<deliver_message> receive(time_point now, const arrival& how, const datagram& packet);

 private:
  std::optional<deliver_message> drop(counter why);

  settings settings_;
  holds_name holds_;
  counters& counters_;
  peer_table& peers_;
  rate_limiter<ipv4> limiter_;
  recent copies_;
};

}  // namespace mailslot::net

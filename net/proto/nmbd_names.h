// The names of this host where an nmbd holds them: asks it, by the node status (RFC 1002 4.2.17) of this very
// host, until it says, and every minute, since nmbd gets names and gives them up. Knows nothing of what they
// are for.
#pragma once

#include "net/proto/action.h"
#include "net/proto/name_table.h"
#include "net/proto/random.h"
#include "net/proto/time.h"
#include "net/wire/name_service.h"

#include <optional>
#include <span>
#include <vector>

namespace mailslot::net {

class nmbd_names {
 public:
  // `random` must outlive this.
  explicit nmbd_names(random_source& random) : random_(random) {}

  // Asks soon: nmbd is there, perhaps another than before, or the links have changed.
  void ask(time_point now) { due_ = now; }
  void on_timer(time_point now, std::span<const link> links, actions& out);
  [[nodiscard]] time_point next_timer() const { return due_; }

  // The names, if the response answers the question: the computer's first, the domain's second, more perhaps.
  // Nothing from an nmbd that has not got both yet.
  std::optional<std::vector<name_table::own_name>> on_response(time_point now, const arrival& how,
                                                               const name_packet& response);

 private:
  random_source& random_;
  std::optional<std::uint16_t> id_;  // of a question under way
  ipv4 asked_{};
  time_point due_ = never;
};

}  // namespace mailslot::net

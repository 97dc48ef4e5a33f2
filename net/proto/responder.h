// Answers what others ask about our names: queries, node status, claims and releases of names that are ours.
// RFC 1002 5.1.1, with the restraint that an open port needs: only neighbours are answered, at a bounded
// rate, and never in a way that would multiply traffic. Knows the claims, changes none.
#pragma once

#include "net/proto/action.h"
#include "net/proto/counters.h"
#include "net/proto/limits.h"
#include "net/proto/name_table.h"

#include <span>

namespace mailslot::net {

class responder {
 public:
  // `names` and `counts` must outlive the responder.
  responder(const name_table& names, counters& counts);

  // `request` has no R bit. `from_neighbour`: the asker is on the subnet of the link that heard it, or a WINS
  // server of ours. `from_self`: it is us, heard again.
  void on_request(time_point now, const arrival& how, bool from_neighbour, bool from_self,
                  const name_packet& request, actions& out);

 private:
  void on_query(const arrival& how, const name_packet& request, actions& out);
  void on_status(const arrival& how, const name_packet& request, actions& out);
  void on_claim(const arrival& how, const name_packet& request, actions& out);
  void on_release(const arrival& how, const name_packet& request, actions& out);
  void answer(const arrival& how, bytes payload, actions& out);

  const name_table& names_;
  counters& counters_;
  rate_limiter<ipv4> limiter_;
  time_point now_;
};

}  // namespace mailslot::net

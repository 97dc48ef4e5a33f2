// The names of the counters, which scripts may rely on.
#include "net/proto/counters.h"

namespace mailslot::net {

std::string_view counter_name(counter which) {
  switch (which) {
    case counter::messages_sent:
      return "messages_sent";
    case counter::queries_sent:
      return "queries_sent";
    case counter::answers_sent:
      return "answers_sent";
    case counter::messages_received:
      return "messages_received";
    case counter::dropped_malformed:
      return "dropped_malformed";
    case counter::dropped_fragment:
      return "dropped_fragment";
    case counter::dropped_not_message:
      return "dropped_not_message";
    case counter::dropped_not_ours:
      return "dropped_not_ours";
    case counter::dropped_own:
      return "dropped_own";
    case counter::dropped_duplicate:
      return "dropped_duplicate";
    case counter::dropped_flood:
      return "dropped_flood";
    case counter::dropped_slot_name:
      return "dropped_slot_name";
    case counter::dropped_no_such_slot:
      return "dropped_no_such_slot";
    case counter::dropped_denied:
      return "dropped_denied";
    case counter::dropped_full:
      return "dropped_full";
    case counter::delivered:
      return "delivered";
    case counter::requests_received:
      return "requests_received";
    case counter::ignored_malformed:
      return "ignored_malformed";
    case counter::ignored_off_subnet:
      return "ignored_off_subnet";
    case counter::ignored_flood:
      return "ignored_flood";
    case counter::ignored_status_broadcast:
      return "ignored_status_broadcast";
    case counter::ignored_conflict_demand:
      return "ignored_conflict_demand";
    case counter::ignored_release:
      return "ignored_release";
    case counter::ignored_request:
      return "ignored_request";
    case counter::ignored_stray_response:
      return "ignored_stray_response";
    case counter::claims_refused:
      return "claims_refused";
    case counter::names_lost:
      return "names_lost";
    case counter::resolve_conflicts:
      return "resolve_conflicts";
    case counter::count:
      break;
  }
  return "unknown";
}

}  // namespace mailslot::net

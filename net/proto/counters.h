// What was done and what was dropped, by reason. Counts, and knows the names of what it counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mailslot::net {

enum class counter : std::size_t {
  // What was sent.
  messages_sent,
  queries_sent,
  answers_sent,
  // What came in for slots: each message is delivered or dropped for one reason.
  messages_received,
  dropped_malformed,    // not a datagram, or no mailslot write in it
  dropped_fragment,     // part of a message: nobody sends these, so nobody puts them together
  dropped_not_message,  // datagram errors and queries, to which there is nothing to say
  dropped_not_ours,     // to a name that is not held here
  dropped_own,          // our own broadcast, heard again
  dropped_duplicate,    // another copy, by another interface or by the network
  dropped_flood,        // more than one sender, or all together, may send
  dropped_slot_name,    // to a slot whose name cannot be a path here
  dropped_no_such_slot,
  dropped_denied,  // the slot has remote=deny
  dropped_full,
  delivered,
  // What came in for names.
  requests_received,
  ignored_malformed,
  ignored_off_subnet,        // asked from an address that no link of ours is connected to
  ignored_flood,             // more questions than are answered in a second
  ignored_status_broadcast,  // answering would multiply traffic
  ignored_conflict_demand,   // one packet must not take a name away
  ignored_release,           // of a name that we keep
  ignored_request,           // refreshes and other things that are for WINS servers
  ignored_stray_response,    // an answer to nothing that was asked
  claims_refused,            // others who wanted our name
  names_lost,                // names of ours that somebody else holds
  resolve_conflicts,         // different answers to one question
  count
};

// "dropped_malformed"
std::string_view counter_name(counter which);

class counters {
 public:
  void add(counter which) { ++values_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] std::uint64_t operator[](counter which) const {
    return values_[static_cast<std::size_t>(which)];
  }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(counter::count)> values_{};
};

}  // namespace mailslot::net

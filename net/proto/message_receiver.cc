// Receiving mailslot messages.
#include "net/proto/message_receiver.h"

#include "net/proto/slot_path.h"
#include "net/wire/mailslot_write.h"

#include <fmt/format.h>

#include <utility>

namespace mailslot::net {
namespace {

using namespace std::chrono_literals;

constexpr duration copy_window = 2s;

// What two copies of one message have in common. The address is not part of it: a computer with two links
// into two networks that we are connected to sends from two addresses.
std::uint64_t fingerprint(const datagram& packet, const datagram_message& message) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  const auto mix = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (const auto byte : message.names->source.raw) mix(byte);
  for (const auto byte : message.names->destination.raw) mix(byte);
  mix(static_cast<std::uint8_t>(packet.id >> 8));
  mix(static_cast<std::uint8_t>(packet.id));
  for (const auto byte : message.data) mix(byte);
  return hash;
}

rate allowance(double per_second) {
  return per_second > 0 ? rate{per_second, per_second} : rate{1e18, 1e18};
}

}  // namespace

message_receiver::message_receiver(settings how, holds_name holds, counters& counts, peer_table& peers)
    : settings_(how),
      holds_(std::move(holds)),
      counters_(counts),
      peers_(peers),
      limiter_(allowance(how.messages_per_second), allowance(how.messages_per_second * 8)),
      copies_(copy_window) {}

std::optional<deliver_message> message_receiver::drop(counter why) {
  counters_.add(why);
  return std::nullopt;
}

std::optional<deliver_message> message_receiver::receive(time_point now, const arrival& how,
                                                         const datagram& packet) {
  if (!limiter_.take(now, how.from.address)) return drop(counter::dropped_flood);
  const auto& message = std::get<datagram_message>(packet.body);
  const auto write = decode_mailslot_write(message.data);
  if (!write) return drop(counter::dropped_malformed);
  auto sender = printable(message.names->source.text());
  peers_.heard(now, sender, how.from.address);

  const auto& destination = message.names->destination;
  const bool everybody = destination.is_wildcard() && destination.scope.empty();
  if (!everybody && !holds_(destination)) return drop(counter::dropped_not_ours);
  if (!copies_.insert(now, fingerprint(packet, message))) return drop(counter::dropped_duplicate);
  auto slot = path_from_wire(write->name);
  if (!slot) return drop(counter::dropped_slot_name);
  return deliver_message{
      .from = {.address = to_string(how.from.address), .name = std::move(sender), .verified = false},
      .slot = std::move(*slot),
      .data = {write->data.begin(), write->data.end()}};
}

}  // namespace mailslot::net

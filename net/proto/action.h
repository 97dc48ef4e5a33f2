// What goes into the protocol and what comes out of it, as values: a packet arrived; send this, deliver that,
// this write is over. Whoever drives the protocol carries out the actions in their order.
#pragma once

#include "net/transport.h"
#include "net/wire/bytes.h"
#include "net/wire/ipv4.h"

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

namespace mailslot::net {

// The two UDP services of RFC 1002, by the port that they live on.
enum class service : std::uint16_t { name = 137, datagram = 138 };

// An interface with an IPv4 address that can broadcast. Known by its address from here on.
struct link {
  std::string name{};  // "eth0", for people
  ipv4 address{};
  ipv4 mask{};

  [[nodiscard]] ipv4 broadcast() const { return {address.value | ~mask.value}; }
  [[nodiscard]] bool holds(ipv4 other) const { return ((address.value ^ other.value) & mask.value) == 0; }
  bool operator==(const link&) const = default;
};

// How a packet came in.
struct arrival {
  service on = service::name;
  ipv4 via{};  // the address of the link that heard it; any when nobody knows
  endpoint from{};
  bool broadcast = false;  // sent to a broadcast address, not to us alone
};

struct send_packet {
  service from = service::name;
  ipv4 via{};  // the link to leave by; any: as the kernel routes
  endpoint to{};
  bytes payload{};
};

struct deliver_message {
  origin from;
  std::string slot;
  bytes data;
};

// A write that had to wait is over.
struct finish_write {
  write_id id = 0;
  std::error_code result{};
};

// What is to be done, in no order but that within one kind.
struct actions {
  std::vector<send_packet> send{};
  std::vector<deliver_message> deliver{};
  std::vector<finish_write> finished{};
  std::vector<std::string> warnings{};  // for the operator
};

}  // namespace mailslot::net

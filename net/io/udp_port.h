// A UDP socket that knows by which of our addresses a packet came, and sends by the one that it is told.
// Knows no protocol.
#pragma once

#include "net/wire/bytes.h"
#include "net/wire/ipv4.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <tl/expected.hpp>

#include <cstdint>
#include <functional>
#include <system_error>

namespace mailslot::net {

// The local address of a UDP socket over IPv4; of what is something else: invalid_argument, or the errors of
// getsockname(2).
tl::expected<endpoint, std::error_code> bound_address(int socket);

class udp_port {
 public:
  struct packet {
    endpoint from;
    ipv4 to;   // as addressed: ours, or a broadcast address
    ipv4 via;  // our address on the interface that it came by
    bytes_view payload;
  };
  using handler = std::function<void(const packet&)>;

  explicit udp_port(boost::asio::io_context& io) : socket_(io) {}

  // Binds to `port` on all addresses (0: any free port), for broadcasts too. Errors: of bind(2).
  std::error_code open(std::uint16_t port);
  // Takes over a socket that somebody else has bound, and owns it. Errors: of setsockopt(2).
  std::error_code adopt(int bound);

  // Calls `received` for each packet, until close().
  void start(handler received);
  void close();

  // Any thread. `interface_index` 0 and `via` any: as the kernel routes. Errors: of sendmsg(2); never waits.
  std::error_code send(int interface_index, ipv4 via, const endpoint& to, bytes_view payload) const;

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] int descriptor() { return socket_.native_handle(); }

 private:
  std::error_code prepare();
  void wait();
  void receive_all();

  boost::asio::ip::udp::socket socket_;
  int descriptor_ = -1;
  handler received_;
};

}  // namespace mailslot::net

// The network of the daemon: the transport that the options ask for, from its opening to its good-bye.
#pragma once

#include "net/transport.h"

#include <boost/asio/io_context.hpp>
#include <tl/expected.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mailslot {

// As on the command line; the texts are checked by network::open().
struct network_options {
  std::string kind = "off";  // or "netbios"
  std::string name;          // empty: the host's
  std::string domain = "WORKGROUP";
  std::vector<std::string> aliases;
  std::vector<std::string> interfaces;
  std::vector<std::string> wins;
  std::string hosts;  // a file
  std::string nmbd_socket = "/run/samba/nmbd/unexpected";
  std::uint64_t remote_rate = 10000;
  bool samba_safe = false;
  std::vector<int> sockets;  // handed over; see fs/handed_over.h
};

class network {
 public:
  // Opens what needs privileges and reads what must be right; before anything is mounted. On error: one line
  // for people.
  static tl::expected<network, std::string> open(boost::asio::io_context& io, const network_options& how);
  network(network&&) noexcept;
  network& operator=(network&&) = delete;
  ~network();

  net::transport& transport();

  // These two in the thread that runs the io_context.
  void start();
  // Ends all waiting writes at once, then says good-bye to the network, and calls `stopped`.
  void stop(std::function<void()> stopped);
  // After the io_context has ended: answers the writes that came too late for stop().
  void abandon();

 private:
  struct running;
  explicit network(std::unique_ptr<running> what);
  std::unique_ptr<running> running_;
};

}  // namespace mailslot

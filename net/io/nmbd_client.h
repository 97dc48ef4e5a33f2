// The client of nmbd's local socket `unexpected`: hears the datagrams that a Samba on this host has no use
// for, and connects again when nmbd comes back. Knows the stream, not what is in the datagrams.
#pragma once

#include "net/wire/bytes.h"
#include "net/wire/ipv4.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <string>

namespace mailslot::net {

class nmbd_client {
 public:
  using handler = std::function<void(const endpoint& from, bytes_view datagram)>;
  using connected_handler = std::function<void()>;
  using news_handler = std::function<void(const std::string&)>;

  // `connected` is called each time that nmbd is there; `news` hears when the connection comes and goes, in
  // words for the operator.
  nmbd_client(boost::asio::io_context& io, std::string path, connected_handler connected, handler received,
              news_handler news);

  // Connects, and from then on whenever nmbd is there.
  void start();
  void stop();

  [[nodiscard]] bool is_connected() const { return connected_; }  // any thread
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void connect();
  void ask();
  void read_ack();
  void read_header();
  void read_datagram(const endpoint& from);
  void lost(const std::string& why);

  boost::asio::local::stream_protocol::socket socket_;
  boost::asio::steady_timer pause_;
  std::string path_;
  connected_handler came_;
  handler received_;
  news_handler news_;
  bytes buffer_;
  std::chrono::milliseconds wait_{};
  std::atomic<bool> connected_ = false;
  bool told_ = false;  // that there is no connection
};

}  // namespace mailslot::net

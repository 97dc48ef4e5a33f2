// The transport `net=netbios`: a node of net/proto on real sockets, timers and interfaces. So thin that
// reading it is enough: what comes in is handed to the node, what the node wants done is done.
#pragma once

#include "net/io/interfaces.h"
#include "net/io/nmbd_client.h"
#include "net/io/udp_port.h"
#include "net/proto/node.h"
#include "net/transport.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <tl/expected.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace mailslot::net {

struct netbios_options {
  node_settings node{};
  bool name_given = false;                // else, beside nmbd, its names are taken over
  std::vector<std::string> interfaces{};  // names or addresses; empty: all that can broadcast
  std::string nmbd_socket = "/run/samba/nmbd/unexpected";  // of a Samba on this host
  // Bound to ports 137 and 138 of all addresses by somebody who may do that; owned. A port that is not among
  // them is bound here.
  std::vector<int> sockets{};
};

class netbios_transport final : public transport {
 public:
  // What the operator should hear.
  struct log {
    std::function<void(const std::string&)> info;
    std::function<void(const std::string&)> warning;
  };

  // Binds ports 137 and 138 unless they are handed over, or finds that an nmbd has them and how to live with
  // it. The only part that needs privileges. `io` must outlive the transport. On error: a sentence for the
  // operator.
  static tl::expected<std::unique_ptr<netbios_transport>, std::string> open(boost::asio::io_context& io,
                                                                            netbios_options options, log to);
  ~netbios_transport() override;

  // Begins to receive and to claim names. In the thread that runs `io`, like stop().
  void start();
  // Ends all waiting writes, releases the names (half a second) and calls `stopped`.
  void stop(std::function<void()> stopped);

  // After the last run of `io`: ends the writes that nobody will end any more.
  void abandon();

  [[nodiscard]] std::size_t max_message_size(std::string_view slot) const override;
  [[nodiscard]] reach reach_of(std::string_view target) const override;
  void resolve(std::string_view target) override;
  write_id write(std::string_view target, std::string_view slot, std::span<const std::uint8_t> data,
                 std::uint32_t uid, done_handler done) override;
  void cancel(write_id which) override;
  void on_message(message_handler handler) override { handler_ = std::move(handler); }
  [[nodiscard]] std::vector<std::string> report_names() const override;
  [[nodiscard]] std::string report(std::string_view name) const override;

 private:
  netbios_transport(boost::asio::io_context& io, netbios_options options, log to);

  std::string adopt_ports();
  bool open_ports(std::uint16_t names, std::uint16_t datagrams, std::error_code& failed);
  void look_at_interfaces();
  void nmbd_came();
  void received(service on, const udp_port::packet& packet);
  // Lets `step` (time_point, actions&) drive the node, then does what the node wants done.
  template <typename Step>
  void drive(Step step);
  void carry_out(actions& todo);
  void send(const send_packet& packet);
  void arm_timer();
  void finish_stop();

  boost::asio::io_context& io_;
  netbios_options options_;
  log log_;
  message_handler handler_;
  udp_port name_port_;
  udp_port datagram_port_;
  std::unique_ptr<nmbd_client> nmbd_;  // null when the ports are ours
  interface_watcher watcher_;
  boost::asio::steady_timer timer_;
  std::function<void()> stopped_;
  std::atomic<std::uint64_t> send_failures_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  std::unique_ptr<node> node_;
  std::map<ipv4, int> interface_indexes_;
  std::unordered_map<write_id, done_handler> waiting_;
  write_id last_write_ = 0;
  time_point armed_ = never;
};

}  // namespace mailslot::net

// The interfaces of this host that NetBIOS can use, and news of changes. Knows the kernel, not the protocol.
#pragma once

#include "net/proto/action.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>
#include <system_error>
#include <vector>

namespace mailslot::net {

struct interface {
  link where;
  int index = 0;  // the kernel's
};

// Every address on an interface that is up and can broadcast. `wanted` names interfaces ("eth0") or addresses
// ("10.0.0.1") to restrict that to; empty: all.
std::vector<interface> current_interfaces(const std::vector<std::string>& wanted);

// Calls `changed` soon after links or IPv4 addresses came or went (netlink(7)).
class interface_watcher {
 public:
  interface_watcher(boost::asio::io_context& io, std::function<void()> changed);

  // Begins to watch. Without netlink (never seen) there are no news, and the error says why.
  std::error_code start();
  void stop();

 private:
  void wait();
  void on_news();

  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer settle_;
  std::function<void()> changed_;
};

}  // namespace mailslot::net

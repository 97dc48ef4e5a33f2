// getifaddrs(3) and rtnetlink(7).
#include "net/io/interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <memory>
#include <utility>

namespace mailslot::net {
namespace {

using namespace std::chrono_literals;

// News come in bursts: an interface that goes up has an address a moment later.
constexpr auto settling_time = 50ms;

ipv4 address_in(const sockaddr* address) {
  return {ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr)};
}

bool is_usable(const ifaddrs& entry) {
  constexpr unsigned needed = IFF_UP | IFF_BROADCAST;
  constexpr unsigned unwanted = IFF_LOOPBACK | IFF_POINTOPOINT;
  if (entry.ifa_addr == nullptr || entry.ifa_netmask == nullptr || entry.ifa_addr->sa_family != AF_INET)
    return false;
  if ((entry.ifa_flags & needed) != needed || (entry.ifa_flags & unwanted) != 0) return false;
  return std::popcount(address_in(entry.ifa_netmask).value) <= 30;  // /31 and /32 have no broadcast address
}

}  // namespace

std::vector<interface> current_interfaces(const std::vector<std::string>& wanted) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, ::freeifaddrs);
  std::vector<interface> found;
  for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (!is_usable(*entry)) continue;
    std::string name = entry->ifa_name;
    if (const auto colon = name.find(':'); colon != std::string::npos) name.resize(colon);  // eth0:1
    const auto address = address_in(entry->ifa_addr);
    const bool asked_for = wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& word) {
                             return word == name || word == to_string(address);
                           });
    if (!asked_for) continue;
    const auto index = static_cast<int>(::if_nametoindex(name.c_str()));
    found.push_back(
        {.where = {.name = std::move(name), .address = address, .mask = address_in(entry->ifa_netmask)},
         .index = index});
  }
  return found;
}

interface_watcher::interface_watcher(boost::asio::io_context& io, std::function<void()> changed)
    : socket_(io), settle_(io), changed_(std::move(changed)) {}

std::error_code interface_watcher::start() {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) return {errno, std::system_category()};
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::error_code failed(errno, std::system_category());
    ::close(fd);
    return failed;
  }
  socket_.assign(fd);
  wait();
  return {};
}

void interface_watcher::stop() {
  socket_.close();
  settle_.cancel();
}

void interface_watcher::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& failed) {
                       if (failed) return;
                       on_news();
                       wait();
                     });
}

// What the news are is of no interest: everything is looked at again.
void interface_watcher::on_news() {
  std::array<char, 8192> news;
  while (::recv(socket_.native_handle(), news.data(), news.size(), MSG_DONTWAIT) > 0 || errno == ENOBUFS) {
  }
  settle_.expires_after(settling_time);
  settle_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) changed_();
  });
}

}  // namespace mailslot::net

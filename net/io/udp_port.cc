// IP_PKTINFO, ip(7).
#include "net/io/udp_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mailslot::net {
namespace {

constexpr std::size_t largest_packet = 65536;
constexpr int packets_at_once = 64;  // then timers and other sockets have their turn
constexpr int receive_buffer = 1 << 20;

union control_space {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> room;
};

std::error_code last_error() {
  return {errno, std::system_category()};
}

ipv4 from_network(in_addr address) {
  return {ntohl(address.s_addr)};
}
in_addr to_network(ipv4 address) {
  return {htonl(address.value)};
}

}  // namespace

tl::expected<endpoint, std::error_code> bound_address(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  int type = 0;
  socklen_t type_size = sizeof type;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0)
    return tl::unexpected(last_error());
  if (address.sin_family != AF_INET || type != SOCK_DGRAM)
    return tl::unexpected(std::make_error_code(std::errc::invalid_argument));
  return endpoint{from_network(address.sin_addr), ntohs(address.sin_port)};
}

std::error_code udp_port::open(std::uint16_t port) {
  namespace asio = boost::asio;
  boost::system::error_code failed;
  socket_.open(asio::ip::udp::v4(), failed);
  if (failed) return failed;
  if (const auto why = prepare()) return why;
  socket_.bind({asio::ip::address_v4::any(), port}, failed);
  return failed;
}

std::error_code udp_port::adopt(int bound) {
  boost::system::error_code failed;
  socket_.assign(boost::asio::ip::udp::v4(), bound, failed);
  if (failed) return failed;
  return prepare();
}

std::error_code udp_port::prepare() {
  boost::system::error_code failed;
  descriptor_ = socket_.native_handle();
  const int on = 1;
  if (::setsockopt(descriptor_, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0 ||
      ::setsockopt(descriptor_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0)
    return last_error();
  socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer),
                     failed);  // as much as there may be
  socket_.non_blocking(true, failed);
  return failed;
}

void udp_port::start(handler received) {
  received_ = std::move(received);
  wait();
}

void udp_port::close() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void udp_port::wait() {
  socket_.async_wait(boost::asio::ip::udp::socket::wait_read,
                     [this](const boost::system::error_code& cancelled) {
                       if (cancelled) return;
                       receive_all();
                       wait();
                     });
}

void udp_port::receive_all() {
  thread_local std::array<std::uint8_t, largest_packet> buffer;
  for (int i = 0; i < packets_at_once; ++i) {
    sockaddr_in from{};
    control_space control;
    iovec room{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    const auto size = ::recvmsg(descriptor_, &message, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) continue;  // an ICMP error about something sent before
    packet arrived{.from = {from_network(from.sin_addr), ntohs(from.sin_port)},
                   .to = {},
                   .via = {},
                   .payload = {buffer.data(), static_cast<std::size_t>(size)}};
    for (const auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(header))) {
      if (header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_PKTINFO) continue;
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      arrived.to = from_network(info.ipi_addr);
      arrived.via = from_network(info.ipi_spec_dst);
    }
    received_(arrived);
  }
}

std::error_code udp_port::send(int interface_index, ipv4 via, const endpoint& to, bytes_view payload) const {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr = to_network(to.address);
  where.sin_port = htons(to.port);
  iovec data{const_cast<std::uint8_t*>(payload.data()), payload.size()};
  control_space control{};
  msghdr message{};
  message.msg_name = &where;
  message.msg_namelen = sizeof where;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  in_pktinfo info{};
  info.ipi_ifindex = interface_index;
  info.ipi_spec_dst = to_network(via);
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  return ::sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? last_error() : std::error_code{};
}

}  // namespace mailslot::net

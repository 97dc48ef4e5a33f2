// Query, acknowledgement, then header and datagram, over and over.
#include "net/io/nmbd_client.h"

#include "net/wire/nmbd_socket.h"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mailslot::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;

constexpr auto shortest_pause = 100ms;
constexpr auto longest_pause = 5000ms;

}  // namespace

nmbd_client::nmbd_client(asio::io_context& io, std::string path, connected_handler connected,
                         handler received, news_handler news)
    : socket_(io),
      pause_(io),
      path_(std::move(path)),
      came_(std::move(connected)),
      received_(std::move(received)),
      news_(std::move(news)),
      wait_(shortest_pause) {}

void nmbd_client::start() {
  connect();
}

void nmbd_client::stop() {
  connected_ = false;
  pause_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void nmbd_client::connect() {
  socket_ = asio::local::stream_protocol::socket(socket_.get_executor());
  socket_.async_connect(asio::local::stream_protocol::endpoint(path_), [this](const error_code& failed) {
    if (failed) return lost(failed.message());
    ask();
  });
}

void nmbd_client::ask() {
  buffer_ = encode_nmbd_query();
  asio::async_write(socket_, asio::buffer(buffer_), [this](const error_code& failed, std::size_t) {
    if (failed) return lost(failed.message());
    read_ack();
  });
}

void nmbd_client::read_ack() {
  buffer_.resize(1);
  asio::async_read(socket_, asio::buffer(buffer_), [this](const error_code& failed, std::size_t) {
    if (failed) return lost(failed.message());
    if (buffer_[0] != nmbd_ack) return lost("it does not take the query");
    connected_ = true;
    wait_ = shortest_pause;
    told_ = false;
    news_(fmt::format("listening to nmbd at '{}'", path_));
    came_();
    read_header();
  });
}

void nmbd_client::read_header() {
  buffer_.resize(nmbd_packet_header_size);
  asio::async_read(socket_, asio::buffer(buffer_), [this](const error_code& failed, std::size_t) {
    if (failed) return lost(failed.message());
    const auto header = decode_nmbd_packet_header(buffer_);
    if (!header) return lost(header.error().message());
    buffer_.resize(header->length);
    read_datagram(header->from);
  });
}

void nmbd_client::read_datagram(const endpoint& from) {
  asio::async_read(socket_, asio::buffer(buffer_), [this, from](const error_code& failed, std::size_t) {
    if (failed) return lost(failed.message());
    received_(from, buffer_);
    read_header();
  });
}

void nmbd_client::lost(const std::string& why) {
  if (why == error_code(asio::error::operation_aborted).message()) return;  // stop()
  connected_ = false;
  if (!std::exchange(told_, true))
    news_(fmt::format("no connection to nmbd at '{}': {}, trying again until there is", path_, why));
  pause_.expires_after(wait_);
  wait_ = std::min<std::chrono::milliseconds>(wait_ * 2, longest_pause);
  pause_.async_wait([this](const error_code& cancelled) {
    if (!cancelled) connect();
  });
}

}  // namespace mailslot::net

// A node on real sockets.
#include "net/io/netbios_transport.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <utility>

namespace mailslot::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::uint16_t names_port = 137, datagrams_port = 138;
constexpr auto longest_goodbye = 1500ms;

time_point now() {
  return std::chrono::steady_clock::now();
}

std::uint64_t seed() {
  std::random_device source;
  return std::uint64_t{source()} << 32 | source();
}

bool is_socket(const std::string& path) {
  struct stat s{};
  return ::stat(path.c_str(), &s) == 0 && S_ISSOCK(s.st_mode);
}

std::string cannot_listen(const std::error_code& why, const std::string& nmbd_socket) {
  if (why == std::errc::permission_denied)
    return "ports 137 and 138 need root, CAP_NET_BIND_SERVICE, net.ipv4.ip_unprivileged_port_start=0, or "
           "sockets handed "
           "over";
  if (why == std::errc::address_in_use)
    return fmt::format("ports 137 and 138 are taken, and there is no nmbd at '{}'", nmbd_socket);
  return fmt::format("cannot listen on ports 137 and 138: {}", why.message());
}

}  // namespace

netbios_transport::netbios_transport(asio::io_context& io, netbios_options options, log to)
    : io_(io),
      options_(std::move(options)),
      log_(std::move(to)),
      name_port_(io),
      datagram_port_(io),
      watcher_(io, [this] { look_at_interfaces(); }),
      timer_(io) {}

netbios_transport::~netbios_transport() = default;

tl::expected<std::unique_ptr<netbios_transport>, std::string> netbios_transport::open(asio::io_context& io,
                                                                                      netbios_options options,
                                                                                      log to) {
  std::unique_ptr<netbios_transport> made(new netbios_transport(io, std::move(options), std::move(to)));
  auto& how = made->options_;
  if (auto wrong = made->adopt_ports(); !wrong.empty()) return tl::unexpected(std::move(wrong));
  std::error_code failed;
  if (!made->open_ports(names_port, datagrams_port, failed)) {
    if (failed != std::errc::address_in_use || !is_socket(how.nmbd_socket))
      return tl::unexpected(cannot_listen(failed, how.nmbd_socket));
    if (!made->open_ports(0, 0, failed))
      return tl::unexpected(fmt::format("cannot open a UDP port: {}", failed.message()));
    how.node.claims_names = false;
    how.node.takes_names_of_nmbd = !how.name_given;
    made->nmbd_ = std::make_unique<nmbd_client>(
        io, how.nmbd_socket, [raw = made.get()] { raw->nmbd_came(); },
        [raw = made.get()](const endpoint& from, bytes_view datagram) {
          raw->received(service::datagram, {.from = from, .to = {}, .via = {}, .payload = datagram});
        },
        made->log_.info);
  }
  made->node_ = std::make_unique<node>(how.node, seed());
  const auto place = made->nmbd_ ? "beside nmbd" : "on ports 137 and 138";
  made->log_.info(how.node.takes_names_of_nmbd
                      ? fmt::format("network: netbios {}, with its names", place)
                      : fmt::format("network: netbios as '{}' in '{}', {}", how.node.computer.text(),
                                    how.node.domain.text(), place));
  return made;
}

// Says what is wrong, if something is.
std::string netbios_transport::adopt_ports() {
  for (const int socket : options_.sockets) {
    const auto bound = bound_address(socket);
    auto* port = bound && bound->port == names_port       ? &name_port_
                 : bound && bound->port == datagrams_port ? &datagram_port_
                                                          : nullptr;
    // One that is bound to an address hears no broadcasts.
    if (port == nullptr || bound->address != ipv4{} || port->is_open())
      return fmt::format(
          "descriptor {}, which was handed over, is not UDP 0.0.0.0:137 or 0.0.0.0:138, each once", socket);
    if (const auto failed = port->adopt(socket)) return failed.message();
  }
  return {};
}

// Those that are not open yet. None, or both are then.
bool netbios_transport::open_ports(std::uint16_t names, std::uint16_t datagrams, std::error_code& failed) {
  failed = {};
  if (!name_port_.is_open()) failed = name_port_.open(names);
  if (!failed && !datagram_port_.is_open()) failed = datagram_port_.open(datagrams);
  if (!failed) return true;
  name_port_ = udp_port(io_);
  datagram_port_ = udp_port(io_);
  return false;
}

void netbios_transport::start() {
  name_port_.start([this](const udp_port::packet& packet) { received(service::name, packet); });
  datagram_port_.start([this](const udp_port::packet& packet) { received(service::datagram, packet); });
  if (const auto failed = watcher_.start())
    log_.warning(fmt::format("no news of interfaces: {}, going on with those of now", failed.message()));
  if (nmbd_) nmbd_->start();
  look_at_interfaces();
}

void netbios_transport::stop(std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  watcher_.stop();
  if (nmbd_) nmbd_->stop();
  bool over = false;
  drive([&](time_point at, actions& out) {
    node_->stop(at, out);
    over = node_->stopped();
  });
  if (over) return asio::post(io_, [this] { finish_stop(); });
  auto limit = std::make_shared<asio::steady_timer>(io_, longest_goodbye);
  limit->async_wait([this, limit](const boost::system::error_code&) { finish_stop(); });
}

void netbios_transport::finish_stop() {
  if (!stopped_) return;
  timer_.cancel();
  name_port_.close();
  datagram_port_.close();
  std::exchange(stopped_, nullptr)();
}

void netbios_transport::look_at_interfaces() {
  std::vector<link> links;
  std::map<ipv4, int> indexes;
  for (auto& [where, index] : current_interfaces(options_.interfaces)) {
    if (!indexes.emplace(where.address, index).second) continue;
    links.push_back(std::move(where));
  }
  drive([&](time_point at, actions& out) {
    interface_indexes_ = std::move(indexes);
    node_->set_links(at, std::move(links), out);
  });
}

void netbios_transport::nmbd_came() {
  drive([&](time_point at, actions& out) { node_->nmbd_came(at, out); });
}

void netbios_transport::received(service on, const udp_port::packet& packet) {
  const arrival how{.on = on, .via = packet.via, .from = packet.from, .broadcast = packet.to != packet.via};
  drive([&](time_point at, actions& out) { node_->on_packet(at, how, packet.payload, out); });
}

template <typename Step>
void netbios_transport::drive(Step step) {
  actions todo;
  {
    const std::lock_guard held(mutex_);
    step(now(), todo);
    arm_timer();
  }
  carry_out(todo);
}

void netbios_transport::carry_out(actions& todo) {
  for (const auto& packet : todo.send) send(packet);
  for (const auto& text : todo.warnings) log_.warning(text);
  for (const auto& write : todo.finished) {
    done_handler done;
    {
      const std::lock_guard held(mutex_);
      if (auto found = waiting_.extract(write.id)) done = std::move(found.mapped());
    }
    if (done) done(write.result);
  }
  for (const auto& message : todo.deliver) {
    const auto what = handler_ ? handler_(message.from, message.slot, message.data) : verdict::no_such_slot;
    const std::lock_guard held(mutex_);
    node_->on_verdict(what);
  }
}

// An interface may have gone, a route may be missing: the next change of interfaces tells. Counted, because
// nothing else would show it.
void netbios_transport::send(const send_packet& packet) {
  int index = 0;
  {
    const std::lock_guard held(mutex_);
    if (const auto found = interface_indexes_.find(packet.via); found != interface_indexes_.end())
      index = found->second;
  }
  const auto& port = packet.from == service::name ? name_port_ : datagram_port_;
  if (port.send(index, packet.via, packet.to, packet.payload)) ++send_failures_;
}

// With the lock held, in any thread. The timer itself belongs to the thread that runs `io_`.
void netbios_transport::arm_timer() {
  const auto next = node_->next_timer();
  if (next >= armed_) return;
  armed_ = next;
  asio::post(io_, [this, next] {
    timer_.expires_at(next);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      bool over = false;
      drive([&](time_point at, actions& out) {
        armed_ = never;
        node_->on_timer(at, out);
        over = stopped_ != nullptr && node_->stopped();
      });
      if (over) finish_stop();
    });
  });
}

std::size_t netbios_transport::max_message_size(std::string_view slot) const {
  return node_->max_message_size(slot);
}

reach netbios_transport::reach_of(std::string_view target) const {
  const std::lock_guard held(mutex_);
  return node_->reach_of(target);
}

void netbios_transport::resolve(std::string_view target) {
  drive([&](time_point at, actions& out) { node_->resolve(at, target, out); });
}

write_id netbios_transport::write(std::string_view target, std::string_view slot,
                                  std::span<const std::uint8_t> data, std::uint32_t uid, done_handler done) {
  std::optional<std::error_code> result;
  write_id id = 0;
  drive([&](time_point at, actions& out) {
    id = ++last_write_;
    result = node_->write(at, id, target, slot, data, uid, out);
    if (!result) waiting_.emplace(id, std::move(done));
  });
  if (result) done(*result);
  return id;
}

void netbios_transport::abandon() {
  decltype(waiting_) left;
  {
    const std::lock_guard held(mutex_);
    left.swap(waiting_);
  }
  for (auto& [id, done] : left) done(transport_errc::down);
}

void netbios_transport::cancel(write_id which) {
  {
    const std::lock_guard held(mutex_);
    if (!node_->cancel(which)) return;
  }
  // Stays among those that wait until it is told, so that abandon() finds it.
  asio::post(io_, [this, which] {
    done_handler done;
    {
      const std::lock_guard held(mutex_);
      if (auto found = waiting_.extract(which)) done = std::move(found.mapped());
    }
    if (done) done(transport_errc::cancelled);
  });
}

std::vector<std::string> netbios_transport::report_names() const {
  return {"mode", "name", "domain", "names", "peers", "counters", "interfaces"};
}

std::string netbios_transport::report(std::string_view name) const {
  const std::lock_guard held(mutex_);
  if (name == "mode" && nmbd_)
    return fmt::format("mode=nmbd\nsocket={}\nconnected={}\n", nmbd_->path(),
                       nmbd_->is_connected() ? "yes" : "no");
  if (name == "mode") return "mode=own\n";
  if (name == "name") return fmt::format("{}\n", printable(node_->settings().computer.text()));
  if (name == "domain") return fmt::format("{}\n", printable(node_->settings().domain.text()));
  if (name == "names") return node_->report_names();
  if (name == "peers") return node_->report_peers(now());
  if (name == "counters")
    return node_->report_counters() + fmt::format("send_failures={}\n", send_failures_.load());
  if (name == "interfaces") return node_->report_interfaces();
  return {};
}

}  // namespace mailslot::net

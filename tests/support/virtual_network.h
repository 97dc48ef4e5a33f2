// A network of NetBIOS nodes in virtual time: links with delay, loss, duplication and reordering from a seed.
// An hour passes in a line. Header only; no clock, no socket.
#pragma once

#include "net/proto/node.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace mailslot::test {

using namespace std::chrono_literals;

inline net::ipv4 ip(std::string_view text) {
  return net::parse_ipv4(text).value();
}

inline net::link link_at(std::string_view address, std::string_view mask = "255.255.255.0") {
  return {.name = "eth0", .address = ip(address), .mask = ip(mask)};
}

inline net::node_settings settings_of(std::string_view computer, std::string_view domain = "WORKGROUP") {
  return {.computer = *net::make_name(computer, net::suffix::workstation),
          .domain = *net::make_name(domain, net::suffix::workstation)};
}

struct packet_seen {
  net::time_point at;
  net::endpoint from;
  net::endpoint to;
  net::bytes payload;
};

// A node and what it has done. One without a node is a stranger: it only collects what is sent to it.
struct virtual_host {
  std::unique_ptr<net::node> node;
  std::vector<net::link> links;
  std::vector<net::deliver_message> delivered;
  std::map<net::write_id, std::error_code> finished;
  std::vector<std::string> warnings;
  std::vector<packet_seen> received;

  [[nodiscard]] std::string names() const { return node->report_names(); }
  // On any link, or at a WINS server.
  [[nodiscard]] bool owns(const std::string& name) const {
    std::istringstream lines(names());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("name=" + name + " ") && line.ends_with(" state=owned")) return true;
    }
    return false;
  }
  [[nodiscard]] std::uint64_t count(std::string_view key) const {
    const auto text = node->report_counters();
    const auto at = text.find(std::string(key) + '=');
    return std::stoull(text.substr(at + key.size() + 1));
  }
};

class virtual_network {
 public:
  struct conditions {
    net::duration least_delay = 1ms;
    net::duration most_delay = 1ms;
    double loss = 0;
    double duplicate = 0;
    std::uint64_t seed = 1;
  };

  virtual_network() : virtual_network(conditions{}) {}
  explicit virtual_network(conditions how) : how_(how), random_(how.seed) {}

  virtual_host& add(net::node_settings settings, std::vector<net::link> links) {
    auto& host = add_stranger(links);
    host.node = std::make_unique<net::node>(std::move(settings), random_());
    perform(host, [&](net::actions& out) { host.node->set_links(now_, links, out); });
    return host;
  }
  virtual_host& add(std::string_view computer, std::string_view address) {
    return add(settings_of(computer), {link_at(address)});
  }
  virtual_host& add_stranger(std::vector<net::link> links) {
    auto& host = hosts_.emplace_back();
    host.links = std::move(links);
    return host;
  }

  // Makes the host do something; `what` gets an actions&.
  template <typename What>
  void perform(virtual_host& host, What what) {
    net::actions out;
    what(out);
    for (const auto& packet : out.send) transmit(host, packet);
    for (auto& message : out.deliver) host.delivered.push_back(std::move(message));
    for (auto& write : out.finished) host.finished[write.id] = write.result;
    for (auto& text : out.warnings) host.warnings.push_back(std::move(text));
  }

  // Writes; the result is in host.finished under the returned id, now or later.
  net::write_id write(virtual_host& host, std::string_view target, std::string_view slot,
                      std::string_view data, std::uint32_t uid = 0) {
    const auto id = ++last_write_;
    perform(host, [&](net::actions& out) {
      const auto result = host.node->write(now_, id, target, slot, net::as_bytes(data), uid, out);
      if (result) host.finished[id] = *result;
    });
    return id;
  }

  // A packet from anywhere, as if it had come over the wire without trouble.
  void inject(net::endpoint from, net::endpoint to, net::bytes payload, net::duration after = 0ms) {
    flights_.emplace(now_ + after, flight{from, to, std::move(payload)});
  }

  void run_for(net::duration time) {
    const auto end = now_ + time;
    while (step(end)) {
    }
    now_ = end;
  }

  [[nodiscard]] net::time_point now() const { return now_; }
  [[nodiscard]] std::deque<virtual_host>& hosts() { return hosts_; }
  // Every packet ever sent, in order, before loss.
  [[nodiscard]] const std::vector<packet_seen>& sent() const { return sent_; }

 private:
  struct flight {
    net::endpoint from;
    net::endpoint to;
    net::bytes payload;
  };

  bool step(net::time_point end) {
    auto next = flights_.empty() ? net::never : flights_.begin()->first;
    for (const auto& host : hosts_) {
      if (host.node) next = std::min(next, std::max(now_, host.node->next_timer()));
    }
    if (next > end) return false;
    now_ = next;
    while (!flights_.empty() && flights_.begin()->first <= now_) {
      const auto arrived = std::move(flights_.begin()->second);
      flights_.erase(flights_.begin());
      arrive(arrived);
    }
    for (auto& host : hosts_) {
      if (host.node && host.node->next_timer() <= now_)
        perform(host, [&](net::actions& out) { host.node->on_timer(now_, out); });
    }
    return true;
  }

  void transmit(const virtual_host& host, const net::send_packet& packet) {
    auto source = packet.via;
    if (source.is_any()) source = host.links.front().address;
    const net::endpoint from{source, static_cast<std::uint16_t>(packet.from)};
    sent_.push_back({now_, from, packet.to, packet.payload});
    if (chance() < how_.loss) return;
    const int copies = chance() < how_.duplicate ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      const auto spread = static_cast<double>((how_.most_delay - how_.least_delay).count());
      const net::duration delay =
          how_.least_delay + net::duration(static_cast<net::duration::rep>(chance() * spread));
      flights_.emplace(now_ + delay, flight{from, packet.to, packet.payload});
    }
  }

  void arrive(const flight& arrived) {
    for (auto& host : hosts_) {
      for (const auto& link : host.links) {
        const bool broadcast = arrived.to.address == link.broadcast();
        if (!broadcast && arrived.to.address != link.address) continue;
        host.received.push_back({now_, arrived.from, arrived.to, arrived.payload});
        const bool ours = arrived.to.port == 137 || arrived.to.port == 138;
        if (!host.node || !ours) continue;
        const net::arrival how{.on = static_cast<net::service>(arrived.to.port),
                               .via = link.address,
                               .from = arrived.from,
                               .broadcast = broadcast};
        perform(host, [&](net::actions& out) { host.node->on_packet(now_, how, arrived.payload, out); });
      }
    }
  }

  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  conditions how_;
  std::mt19937_64 random_;
  net::time_point now_ = net::time_point{} + 1h;
  std::deque<virtual_host> hosts_;
  std::multimap<net::time_point, flight> flights_;
  std::vector<packet_seen> sent_;
  net::write_id last_write_ = 0;
};

}  // namespace mailslot::test

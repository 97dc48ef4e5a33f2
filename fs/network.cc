// Options to a transport, and the transport to the tree.
#include "fs/network.h"

#include "fs/config_file.h"
#include "fs/log.h"
#include "net/io/netbios_transport.h"
#include "net/no_network.h"
#include "net/proto/target.h"

#include <unistd.h>

#include <array>
#include <iterator>

namespace mailslot {
namespace {

constexpr std::size_t longest_netbios_name = 15;

// The first label of the host's name, as far as NetBIOS can have it.
std::string host_label() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  const std::string_view all = name.data();
  return std::string(all.substr(0, std::min(all.find('.'), longest_netbios_name)));
}

tl::expected<net::netbios_name, std::string> parse_name(std::string_view option, const std::string& text) {
  const auto parsed = net::parse_target(text);
  if (!parsed || parsed->own_domain)
    return tl::unexpected(fmt::format("option \"{}\" cannot be \"{}\": not a NetBIOS name", option, text));
  return parsed->name;
}

tl::expected<net::hosts_table, std::string> read_hosts(const std::string& path) {
  if (path.empty()) return net::hosts_table();
  const auto text = read_text_file(path);
  if (!text) return tl::unexpected("option \"hosts\": " + text.error());
  auto table = net::hosts_table::parse(*text);
  if (!table) return tl::unexpected(fmt::format("\"{}\", {}", path, table.error()));
  return *table;
}

tl::expected<net::netbios_options, std::string> netbios_options_of(const network_options& how) {
  net::netbios_options o;
  auto& node = o.node;
  const auto computer = parse_name("name", how.name.empty() ? host_label() : how.name);
  const auto domain = parse_name("domain", how.domain);
  if (!computer) return tl::unexpected(computer.error());
  if (!domain) return tl::unexpected(domain.error());
  if (computer->text() == domain->text()) {
    return tl::unexpected(
        fmt::format("the computer and its domain cannot both be \"{}\": give another with name= or domain=",
                    domain->text()));
  }
  node.computer = *computer;
  node.domain = *domain;
  for (const auto& text : how.aliases) {
    const auto alias = parse_name("alias", text);
    if (!alias) return tl::unexpected(alias.error());
    node.aliases.push_back(*alias);
  }
  for (const auto& text : how.wins) {
    const auto address = net::parse_ipv4(text);
    if (!address)
      return tl::unexpected(fmt::format("option \"wins\" cannot be \"{}\": not an IPv4 address", text));
    node.wins_servers.push_back(*address);
  }
  auto hosts = read_hosts(how.hosts);
  if (!hosts) return tl::unexpected(hosts.error());
  node.hosts = std::move(*hosts);
  node.samba_safe = how.samba_safe;
  node.messages_per_second = static_cast<double>(how.remote_rate);
  o.name_given = !how.name.empty();
  o.interfaces = how.interfaces;
  o.nmbd_socket = how.nmbd_socket;
  o.sockets = how.sockets;
  return o;
}

}  // namespace

struct network::running {
  std::unique_ptr<net::netbios_transport> netbios;  // null: off
  net::no_network off;

  net::transport& transport() {
    if (netbios) return *netbios;
    return off;
  }
};

network::network(std::unique_ptr<running> what) : running_(std::move(what)) {}
network::network(network&&) noexcept = default;
network::~network() = default;

tl::expected<network, std::string> network::open(boost::asio::io_context& io, const network_options& how) {
  auto made = std::make_unique<running>();
  if (how.kind != "off") {
    const auto options = netbios_options_of(how);
    if (!options) return tl::unexpected(options.error());
    auto opened = net::netbios_transport::open(
        io, *options,
        {.info = [](const std::string& text) { log::info("{}", text); },
         .warning = [](const std::string& text) { log::warning("network: {}", text); }});
    if (!opened) return tl::unexpected(fmt::format("cannot join the network: {}", opened.error()));
    made->netbios = std::move(*opened);
  } else if (!how.sockets.empty()) {
    return tl::unexpected(std::string("sockets were handed over, and option \"net\" says off"));
  }
  return network(std::move(made));
}

net::transport& network::transport() {
  return running_->transport();
}

void network::start() {
  if (running_->netbios) running_->netbios->start();
}

void network::abandon() {
  if (running_->netbios) running_->netbios->abandon();
}

void network::stop(std::function<void()> stopped) {
  if (running_->netbios)
    running_->netbios->stop(std::move(stopped));
  else
    stopped();
}

}  // namespace mailslot

// Holding and finding names with the help of WINS servers, which here are strangers that the test speaks for.
#include "net/proto/name_packets.h"
#include "tests/support/virtual_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailslot::net {
namespace {

using namespace std::chrono_literals;
using test::ip;
using test::link_at;
using test::settings_of;
using test::virtual_host;
using test::virtual_network;
using testing::HasSubstr;

netbios_name name_of(std::string_view text) {
  return *make_name(text, suffix::workstation);
}

class a_node_with_wins_servers : public testing::Test {
 protected:
  a_node_with_wins_servers()
      : first(net.add_stranger({link_at("10.1.1.1")})), second(net.add_stranger({link_at("10.1.1.2")})) {
    auto settings = settings_of("ALICE");
    settings.wins_servers = {ip("10.1.1.1"), ip("10.1.1.2")};
    alice = &net.add(settings, {link_at("10.0.0.1")});
  }

  // The last request that `server` got, with this opcode and about this name.
  static std::optional<name_packet> last_request(const virtual_host& server, opcode what,
                                                 const netbios_name& name) {
    std::optional<name_packet> found;
    for (const auto& packet : server.received) {
      auto request = decode_name_packet(packet.payload);
      if (request && request->opcode == what && request->question->name == name) found = *request;
    }
    return found;
  }
  // How many of these about ALICE `server` got.
  static std::size_t requests(const virtual_host& server, opcode what) {
    return static_cast<std::size_t>(std::ranges::count_if(server.received, [what](const auto& packet) {
      const auto request = decode_name_packet(packet.payload);
      return request->opcode == what && request->question->name == name_of("ALICE");
    }));
  }

  void reply(const virtual_host& server, const name_packet& request, opcode what, std::uint8_t code,
             std::uint32_t ttl, std::vector<address_entry> owners) {
    bytes data, out;
    encode_addresses(owners, data);
    EXPECT_FALSE(
        encode_name_packet({.id = request.id,
                            .response = true,
                            .opcode = what,
                            .authoritative = true,
                            .rcode = code,
                            .answer = record{.name = request.question->name, .ttl = ttl, .data = data}},
                           out));
    net.inject({server.links.front().address, 137}, {ip("10.0.0.1"), 137}, out);
    net.run_for(1ms);
  }

  virtual_network net;
  virtual_host& first;
  virtual_host& second;
  virtual_host* alice = nullptr;
};

TEST_F(a_node_with_wins_servers, registers_its_names_at_the_first) {
  net.run_for(10ms);
  const auto claim = last_request(first, opcode::registration, name_of("ALICE"));
  ASSERT_TRUE(claim);
  EXPECT_FALSE(claim->broadcast);
  EXPECT_EQ(claim->additional->ttl, name_ttl);
  EXPECT_EQ(decode_addresses(claim->additional->data)->front().flags, nb_flags::hybrid_node);
  const auto group = last_request(first, opcode::registration, name_of("WORKGROUP"));
  ASSERT_TRUE(group);
  EXPECT_TRUE(decode_addresses(group->additional->data)->front().is_group());

  reply(first, *claim, opcode::registration, rcode::ok, 600, {{0, ip("10.0.0.1")}});
  EXPECT_THAT(alice->names(),
              HasSubstr("name=ALICE<00> kind=unique where=wins address=10.0.0.1 state=owned"));
  EXPECT_TRUE(second.received.empty());
}

// Samba gives a name that is claimed like this to both, and asks nobody.
TEST_F(a_node_with_wins_servers, claims_a_name_for_several_addresses_only_when_it_has_them) {
  auto settings = settings_of("BOB");
  settings.wins_servers = {ip("10.1.1.1")};
  net.add(settings, {link_at("10.0.0.2"), link_at("10.0.5.2")});
  net.run_for(10ms);
  EXPECT_FALSE(last_request(first, opcode::multihomed_registration, name_of("ALICE")));
  EXPECT_TRUE(last_request(first, opcode::multihomed_registration, name_of("BOB")));
  EXPECT_FALSE(last_request(first, opcode::multihomed_registration, name_of("WORKGROUP")));
}

TEST_F(a_node_with_wins_servers, refreshes_a_name_at_half_of_its_time) {
  net.run_for(10ms);
  reply(first, *last_request(first, opcode::registration, name_of("ALICE")), opcode::registration, rcode::ok,
        600, {{0, ip("10.0.0.1")}});
  first.received.clear();
  net.run_for(299s);
  EXPECT_FALSE(last_request(first, opcode::refresh, name_of("ALICE")));
  net.run_for(1s);
  const auto refresh = last_request(first, opcode::refresh, name_of("ALICE"));
  ASSERT_TRUE(refresh);
  reply(first, *refresh, opcode::registration, rcode::ok, 600, {{0, ip("10.0.0.1")}});
  first.received.clear();
  net.run_for(299s);
  EXPECT_FALSE(last_request(first, opcode::refresh, name_of("ALICE")));
}

TEST_F(a_node_with_wins_servers, registers_anew_when_the_server_has_forgotten_the_name) {
  net.run_for(10ms);
  reply(first, *last_request(first, opcode::registration, name_of("ALICE")), opcode::registration, rcode::ok,
        600, {{0, ip("10.0.0.1")}});
  net.run_for(301s);
  first.received.clear();
  net.run_for(2s);
  reply(first, *last_request(first, opcode::refresh, name_of("ALICE")), opcode::registration,
        rcode::no_such_name, 0, {{0, ip("10.0.0.1")}});
  net.run_for(100ms);
  EXPECT_TRUE(last_request(first, opcode::registration, name_of("ALICE")));
}

TEST_F(a_node_with_wins_servers, goes_to_the_next_when_one_is_silent) {
  net.run_for(3s);
  EXPECT_EQ(requests(first, opcode::registration), 2u);
  EXPECT_TRUE(second.received.empty());
  net.run_for(2s);
  EXPECT_EQ(requests(first, opcode::registration), 3u);
  const auto claim = last_request(second, opcode::registration, name_of("ALICE"));
  ASSERT_TRUE(claim);
  reply(second, *claim, opcode::registration, rcode::ok, 600, {{0, ip("10.0.0.1")}});
  EXPECT_THAT(alice->names(), HasSubstr("where=wins address=10.0.0.1 state=owned"));
}

TEST_F(a_node_with_wins_servers, keeps_asking_once_a_minute_when_all_are_silent_and_says_so_once_a_name) {
  net.run_for(10min);
  EXPECT_GE(alice->warnings.size(), 1u);
  EXPECT_LE(alice->warnings.size(), 2u);
  EXPECT_THAT(alice->warnings[0], HasSubstr("no WINS server answers"));
  EXPECT_LE(requests(first, opcode::registration), 40u);
  EXPECT_TRUE(alice->owns("ALICE<00>"));  // on the link
}

TEST_F(a_node_with_wins_servers, waits_as_long_as_it_is_asked_to) {
  net.run_for(10ms);
  reply(first, *last_request(first, opcode::registration, name_of("ALICE")), opcode::wack, rcode::ok, 30, {});
  const auto before = requests(first, opcode::registration);
  net.run_for(29s);
  EXPECT_EQ(requests(first, opcode::registration), before);
  net.run_for(2s);
  EXPECT_EQ(requests(first, opcode::registration), before + 1);
}

TEST_F(a_node_with_wins_servers, loses_a_name_that_the_server_gave_to_another) {
  net.run_for(10ms);
  reply(first, *last_request(first, opcode::registration, name_of("ALICE")), opcode::registration,
        rcode::active, 0, {{0, ip("10.0.0.1")}});
  EXPECT_THAT(alice->names(), HasSubstr("where=wins address=10.0.0.1 state=lost"));
  EXPECT_THAT(alice->warnings.at(0), HasSubstr("'ALICE<00>' is taken, says 10.1.1.1"));
}

TEST_F(a_node_with_wins_servers, releases_its_names_there_until_that_is_confirmed) {
  net.run_for(10ms);
  reply(first, *last_request(first, opcode::registration, name_of("ALICE")), opcode::registration, rcode::ok,
        600, {{0, ip("10.0.0.1")}});
  net.run_for(1s);
  net.perform(*alice, [&](actions& out) { alice->node->stop(net.now(), out); });
  net.run_for(10ms);
  const auto release = last_request(first, opcode::release, name_of("ALICE"));
  ASSERT_TRUE(release);
  reply(first, *release, opcode::release, rcode::ok, 0, {{0, ip("10.0.0.1")}});
  net.run_for(2s);
  EXPECT_EQ(requests(first, opcode::release), 1u);
  EXPECT_TRUE(alice->node->stopped());
}

TEST_F(a_node_with_wins_servers, asks_them_for_a_name_before_anybody_else) {
  net.run_for(2s);
  const auto sent = net.sent().size();
  const auto write = net.write(*alice, "BOB", "inbox", "hi");
  net.run_for(10ms);
  EXPECT_EQ(net.sent().size(), sent + 1);
  const auto query = last_request(first, opcode::query, name_of("BOB"));
  ASSERT_TRUE(query);
  EXPECT_FALSE(query->broadcast);
  reply(first, *query, opcode::query, rcode::ok, 600, {{0, ip("10.5.5.5")}});
  ASSERT_TRUE(alice->finished.contains(write));
  EXPECT_FALSE(alice->finished[write]);
  EXPECT_EQ(net.sent().back().to, (endpoint{ip("10.5.5.5"), 138}));
}

TEST_F(a_node_with_wins_servers, asks_the_next_and_the_subnet_when_the_first_is_silent) {
  net.run_for(2s);
  net.write(*alice, "BOB", "inbox", "hi");
  const auto sent = net.sent().size();
  net.run_for(260ms);
  std::vector<ipv4> asked;
  for (std::size_t i = sent; i < net.sent().size(); ++i) asked.push_back(net.sent()[i].to.address);
  EXPECT_THAT(asked, testing::ElementsAre(ip("10.1.1.2"), ip("10.0.0.255")));
  reply(second, *last_request(second, opcode::query, name_of("BOB")), opcode::query, rcode::ok, 600,
        {{0, ip("10.5.5.5")}});
  net.run_for(2s);

  // From now on it begins with the one that answered.
  net.write(*alice, "CAROL", "inbox", "hi");
  EXPECT_EQ(net.sent().back().to.address, ip("10.1.1.2"));
}

TEST_F(a_node_with_wins_servers, asks_the_subnet_at_once_when_they_say_no_and_gives_up_within_a_second) {
  net.run_for(2s);
  const auto start = net.now();
  const auto write = net.write(*alice, "BOB", "inbox", "hi");
  net.run_for(10ms);
  reply(first, *last_request(first, opcode::query, name_of("BOB")), opcode::query, rcode::no_such_name, 0,
        {});
  EXPECT_EQ(net.sent().back().to.address, ip("10.0.0.255"));
  while (!alice->finished.contains(write)) net.run_for(1ms);
  EXPECT_LE(net.now() - start, 1s);
  EXPECT_EQ(alice->finished[write], transport_errc::name_not_found);
}

TEST_F(a_node_with_wins_servers, broadcasts_to_a_group_that_they_give_no_address_for) {
  net.run_for(2s);
  for (const auto* no_address : {"0.0.0.0", "255.255.255.255"}) {
    const auto name = std::string("G") + no_address[0];
    net.write(*alice, name, "inbox", "hi");
    net.run_for(10ms);
    reply(first, *last_request(first, opcode::query, name_of(name)), opcode::query, rcode::ok, 600,
          {{nb_flags::group, ip(no_address)}});
    EXPECT_EQ(net.sent().back().to, (endpoint{ip("10.0.0.255"), 138}));
    EXPECT_EQ(net.sent().back().payload[0], 0x11);
  }
}

TEST_F(a_node_with_wins_servers, writes_to_each_member_of_a_group_that_they_list) {
  net.run_for(2s);
  net.write(*alice, "SALES#1c", "NET/NTLOGON", "hi");
  net.run_for(10ms);
  const auto sent = net.sent().size();
  reply(first, *last_request(first, opcode::query, *make_name("SALES", 0x1c)), opcode::query, rcode::ok, 600,
        {{nb_flags::group, ip("10.5.5.5")}, {nb_flags::group, ip("10.6.6.6")}});
  ASSERT_EQ(net.sent().size(), sent + 2);
  EXPECT_EQ(net.sent()[sent].to, (endpoint{ip("10.5.5.5"), 138}));
  EXPECT_EQ(net.sent()[sent + 1].to, (endpoint{ip("10.6.6.6"), 138}));
}

}  // namespace
}  // namespace mailslot::net

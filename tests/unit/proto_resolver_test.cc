// Finding who has a name, by asking the subnet or by knowing; and what becomes of writes that wait for it.
#include "net/proto/name_packets.h"
#include "tests/support/vectors.h"
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

class a_write : public testing::Test {
 protected:
  a_write() : alice(net.add("ALICE", "10.0.0.1")) { net.run_for(2s); }

  std::size_t queries() const {
    return static_cast<std::size_t>(std::ranges::count_if(net.sent(), [](const auto& packet) {
      const auto query = decode_name_packet(packet.payload);
      return packet.to.port == 137 && query && !query->response && query->opcode == opcode::query;
    }));
  }

  // The id of the last query that was sent.
  std::uint16_t asked_id() const {
    std::uint16_t id = 0;
    for (const auto& packet : net.sent()) {
      const auto query = decode_name_packet(packet.payload);
      if (packet.to.port == 137 && query && query->opcode == opcode::query) id = query->id;
    }
    return id;
  }

  void answer(ipv4 from, std::uint16_t id, std::string_view name, address_entry owner) {
    const name_packet query{.id = id, .question = question{.name = name_of(name)}};
    net.inject({from, 137}, {ip("10.0.0.1"), 137}, positive_answer(query, {&owner, 1}));
    net.run_for(1ms);
  }

  // The error of a write, which must be over.
  std::error_code result(write_id id) {
    EXPECT_TRUE(alice.finished.contains(id));
    return alice.finished[id];
  }

  virtual_network net;
  virtual_host& alice;
};

TEST_F(a_write, to_a_computer_finds_it_and_arrives) {
  auto& bob = net.add("BOB", "10.0.0.2");
  net.run_for(2s);
  const auto id = net.write(alice, "bob", "taxes/comments", "hello");
  EXPECT_FALSE(alice.finished.contains(id));
  net.run_for(20ms);
  EXPECT_FALSE(result(id));
  ASSERT_EQ(bob.delivered.size(), 1u);
  EXPECT_EQ(bob.delivered[0].slot, "taxes/comments");
  EXPECT_EQ(as_text(bob.delivered[0].data), "hello");
  EXPECT_EQ(bob.delivered[0].from.name, "ALICE");
  EXPECT_EQ(bob.delivered[0].from.address, "10.0.0.1");
  EXPECT_FALSE(bob.delivered[0].from.verified);
}

TEST_F(a_write, after_the_first_does_not_ask_again_until_the_answer_is_old) {
  net.add("BOB", "10.0.0.2");
  net.run_for(2s);
  net.write(alice, "BOB", "inbox", "1");
  net.run_for(2s);
  const auto asked = queries();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(result(net.write(alice, "BOB", "inbox", "2")));
  EXPECT_EQ(queries(), asked);
  net.run_for(11min);
  net.write(alice, "BOB", "inbox", "3");
  EXPECT_EQ(queries(), asked + 1);
}

TEST_F(a_write, finds_the_name_known_when_the_slot_was_opened_a_moment_before) {
  net.add("BOB", "10.0.0.2");
  net.run_for(2s);
  net.perform(alice, [&](actions& out) { alice.node->resolve(net.now(), "BOB", out); });
  net.run_for(20ms);
  EXPECT_FALSE(result(net.write(alice, "BOB", "inbox", "at once")));
}

TEST_F(a_write, to_a_name_that_nobody_has_fails_after_three_questions_and_within_a_second) {
  const auto start = net.now();
  const auto id = net.write(alice, "NOBODY", "inbox", "?");
  while (!alice.finished.contains(id)) net.run_for(1ms);
  EXPECT_EQ(net.now() - start, 750ms);
  EXPECT_EQ(result(id), transport_errc::name_not_found);
  EXPECT_EQ(queries(), 3u);
  EXPECT_EQ(result(net.write(alice, "NOBODY", "inbox", "?")), transport_errc::name_not_found);
  EXPECT_EQ(queries(), 3u);  // asked a moment ago
  net.run_for(3s);
  net.write(alice, "NOBODY", "inbox", "?");
  EXPECT_EQ(queries(), 4u);
}

TEST_F(a_write, that_waits_can_be_cancelled) {
  const auto id = net.write(alice, "NOBODY", "inbox", "?");
  EXPECT_TRUE(alice.node->cancel(id));
  EXPECT_FALSE(alice.node->cancel(id));
  net.run_for(5s);
  EXPECT_FALSE(alice.finished.contains(id));
}

TEST_F(a_write, that_waits_ends_when_the_node_stops) {
  const auto id = net.write(alice, "NOBODY", "inbox", "?");
  net.perform(alice, [&](actions& out) { alice.node->stop(net.now(), out); });
  EXPECT_EQ(result(id), transport_errc::down);
}

TEST_F(a_write, without_any_interface_fails_at_once) {
  net.perform(alice, [&](actions& out) { alice.node->set_links(net.now(), {}, out); });
  EXPECT_EQ(result(net.write(alice, "BOB", "inbox", "?")), transport_errc::down);
  EXPECT_EQ(result(net.write(alice, "*", "inbox", "?")), transport_errc::down);
}

TEST_F(a_write, to_what_cannot_be_a_name_fails_at_once) {
  for (const auto* target : {"", "ABCDEFGHIJKLMNOP", "A*", "A#", "A#1", "A#xy", "A#123", "A\x01", "A/B"})
    EXPECT_EQ(result(net.write(alice, target, "inbox", "?")), transport_errc::name_not_found) << target;
  EXPECT_EQ(queries(), 0u);
}

TEST_F(a_write, of_more_than_a_message_carries_fails_at_once) {
  EXPECT_EQ(alice.node->max_message_size("inbox"), 424u);
  EXPECT_EQ(result(net.write(alice, "BOB", "inbox", std::string(425, 'x'))), transport_errc::too_big);
}

TEST_F(a_write, made_many_times_to_many_unknown_names_is_refused_before_the_subnet_drowns) {
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto id = net.write(alice, "X" + std::to_string(i), "inbox", "?");
    if (alice.finished.contains(id) && alice.finished[id] == transport_errc::rate_limited) ++refused;
  }
  EXPECT_GE(refused, 1744);
  net.run_for(2s);
  EXPECT_LE(queries(), 3u * 256);
}

TEST_F(a_write, to_a_group_goes_to_the_whole_subnet) {
  auto& member = net.add(settings_of("BOB", "SALES"), {link_at("10.0.0.2")});
  auto& other = net.add("CAROL", "10.0.0.3");
  net.run_for(2s);
  net.write(alice, "SALES", "inbox", "to all");
  net.run_for(20ms);
  EXPECT_EQ(net.sent().back().to, (endpoint{ip("10.0.0.255"), 138}));
  EXPECT_EQ(net.sent().back().payload[0], 0x11);
  EXPECT_EQ(member.delivered.size(), 1u);
  EXPECT_TRUE(other.delivered.empty());
  EXPECT_EQ(other.count("dropped_not_ours"), 1u);
}

TEST_F(a_write, to_a_name_with_a_suffix_asks_for_that_one) {
  net.write(alice, "LABGROUP#1c", "inbox", "?");
  const auto query = decode_name_packet(net.sent().back().payload);
  EXPECT_EQ(to_string(query->question->name), "LABGROUP<1c>");
}

TEST_F(a_write, asks_in_the_very_bytes_of_a_real_node) {
  const auto recorded = test::vector_packet("nbns-query-bcast");
  const auto theirs = decode_name_packet(recorded);
  EXPECT_EQ(query_packet(theirs->id, theirs->question->name, audience::broadcast), recorded);
}

TEST_F(a_write, does_not_believe_answers_from_elsewhere_or_to_other_questions) {
  const auto id = net.write(alice, "BOB", "inbox", "secret");
  const auto asked = asked_id();
  answer(ip("10.9.9.9"), asked, "BOB", {0, ip("10.9.9.9")});
  answer(ip("10.0.0.9"), asked ^ 1, "BOB", {0, ip("10.0.0.9")});
  answer(ip("10.0.0.9"), asked, "CAROL", {0, ip("10.0.0.9")});
  answer(ip("10.0.0.9"), asked, "BOB", {0, ip("224.0.0.1")});
  answer(ip("10.0.0.9"), asked, "BOB", {0, ip("127.0.0.1")});
  EXPECT_FALSE(alice.finished.contains(id));
  EXPECT_EQ(alice.count("ignored_stray_response"), 5u);
  answer(ip("10.0.0.2"), asked, "BOB", {0, ip("10.0.0.2")});
  EXPECT_FALSE(result(id));
  EXPECT_EQ(net.sent().back().to.address, ip("10.0.0.2"));
}

TEST_F(a_write, is_told_of_nobody_who_was_not_asked_for) {
  const address_entry liar{0, ip("10.0.0.9")};
  const name_packet query{.id = 1, .question = question{.name = name_of("BOB")}};
  net.inject({ip("10.0.0.9"), 137}, {ip("10.0.0.1"), 137}, positive_answer(query, {&liar, 1}));
  net.run_for(1ms);
  EXPECT_FALSE(alice.finished.contains(net.write(alice, "BOB", "inbox", "?")));
}

TEST_F(a_write, keeps_to_the_first_answer_and_tells_the_operator_of_another) {
  net.write(alice, "BOB", "inbox", "1");
  const auto asked = asked_id();
  answer(ip("10.0.0.2"), asked, "BOB", {0, ip("10.0.0.2")});
  answer(ip("10.0.0.2"), asked, "BOB", {0, ip("10.0.0.2")});  // Samba answers twice
  EXPECT_TRUE(alice.warnings.empty());
  answer(ip("10.0.0.9"), asked, "BOB", {0, ip("10.0.0.9")});
  answer(ip("10.0.0.9"), asked, "BOB", {0, ip("10.0.0.9")});
  ASSERT_EQ(alice.warnings.size(), 1u);
  EXPECT_THAT(alice.warnings[0], HasSubstr("'BOB<00>' is claimed by 10.0.0.2 and by 10.0.0.9"));
  EXPECT_EQ(alice.count("resolve_conflicts"), 1u);
  net.write(alice, "BOB", "inbox", "2");
  EXPECT_EQ(net.sent().back().to.address, ip("10.0.0.2"));
}

TEST_F(a_write, prefers_a_computer_to_a_group_of_the_same_name) {
  net.write(alice, "BOB", "inbox", "1");
  const auto asked = asked_id();
  answer(ip("10.0.0.3"), asked, "BOB", {nb_flags::group, ip("10.0.0.3")});
  answer(ip("10.0.0.2"), asked, "BOB", {0, ip("10.0.0.2")});
  EXPECT_THAT(alice.warnings.at(0), HasSubstr("both a group and a computer at 10.0.0.2"));
  net.write(alice, "BOB", "inbox", "2");
  EXPECT_EQ(net.sent().back().to.address, ip("10.0.0.2"));
}

TEST_F(a_write, asks_anew_after_the_owner_has_released_the_name) {
  auto& bob = net.add("BOB", "10.0.0.2");
  net.run_for(2s);
  net.write(alice, "BOB", "inbox", "1");
  net.run_for(2s);
  const auto asked = queries();
  net.inject({ip("10.0.0.9"), 137}, {ip("10.0.0.255"), 137},
             release_packet(1, name_of("BOB"), {0, ip("10.0.0.9")}, audience::broadcast));
  net.run_for(1s);
  EXPECT_FALSE(result(net.write(alice, "BOB", "inbox", "2")));
  EXPECT_EQ(queries(), asked);  // a release by another does not count
  net.perform(bob, [&](actions& out) { bob.node->stop(net.now(), out); });
  net.run_for(1s);
  net.write(alice, "BOB", "inbox", "3");
  EXPECT_EQ(queries(), asked + 1);
}

TEST_F(a_write, asks_anew_after_the_owner_said_that_it_has_no_such_name) {
  net.add_stranger({link_at("10.0.0.2")});
  net.write(alice, "BOB", "inbox", "1");
  answer(ip("10.0.0.2"), asked_id(), "BOB", {0, ip("10.0.0.2")});
  net.run_for(2s);
  const auto asked = queries();
  net.inject({ip("10.0.0.2"), 138}, {ip("10.0.0.1"), 138}, test::vector_packet("dgram-error"));
  net.run_for(1ms);
  net.write(alice, "BOB", "inbox", "2");
  EXPECT_EQ(queries(), asked + 1);
}

TEST_F(a_write, uses_the_static_table_without_asking_anybody) {
  auto settings = settings_of("DAVE");
  settings.hosts = *hosts_table::parse("10.5.5.5 BOB\n10.6.6.6 SALES group\n10.6.6.7 SALES group\n");
  auto& dave = net.add(settings, {link_at("10.0.0.4")});
  net.run_for(2s);
  net.write(dave, "BOB", "inbox", "1");
  EXPECT_EQ(net.sent().back().to, (endpoint{ip("10.5.5.5"), 138}));
  const auto sent = net.sent().size();
  net.write(dave, "SALES", "inbox", "1");
  EXPECT_EQ(net.sent().size(), sent + 2);
  EXPECT_EQ(queries(), 0u);
}

TEST(the_static_table, reads_addresses_names_and_groups) {
  const auto table = hosts_table::parse(
      "# comment\n\n10.0.0.7  filesrv  # a comment\n10.0.0.8\tFILESRV#20\r\n1.2.3.4 G group");
  ASSERT_TRUE(table) << table.error();
  EXPECT_EQ(table->find(name_of("FILESRV"))->addresses, std::vector{ip("10.0.0.7")});
  EXPECT_EQ(table->find(*make_name("FILESRV", 0x20))->addresses, std::vector{ip("10.0.0.8")});
  EXPECT_TRUE(table->find(name_of("G"))->group);
  EXPECT_EQ(table->find(name_of("OTHER")), nullptr);
}

TEST(the_static_table, says_which_line_is_wrong) {
  EXPECT_EQ(hosts_table::parse("\n10.0.0 X").error(), "line 2: not the IPv4 address of a host: '10.0.0'");
  EXPECT_EQ(hosts_table::parse("224.0.0.1 X").error(), "line 1: not the IPv4 address of a host: '224.0.0.1'");
  EXPECT_EQ(hosts_table::parse("10.0.0.1").error(), "line 1: not a NetBIOS name: ''");
  EXPECT_EQ(hosts_table::parse("10.0.0.1 *").error(), "line 1: not a NetBIOS name: '*'");
  EXPECT_EQ(hosts_table::parse("10.0.0.1 A grp").error(), "line 1: neither 'group' nor a comment: 'grp'");
  EXPECT_EQ(hosts_table::parse("10.0.0.1 A\n10.0.0.2 a").error(), "line 2: the name has a line already: 'a'");
}

}  // namespace
}  // namespace mailslot::net

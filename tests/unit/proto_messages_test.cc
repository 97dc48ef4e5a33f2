// Messages from slot to slot: exactly once, or counted by the reason why not.
#include "net/proto/limits.h"
#include "net/proto/recent.h"
#include "net/proto/slot_path.h"
#include "net/wire/datagram.h"
#include "net/wire/mailslot_write.h"
#include "tests/support/vectors.h"
#include "tests/support/virtual_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace mailslot::net {
namespace {

using namespace std::chrono_literals;
using test::ip;
using test::link_at;
using test::settings_of;
using test::virtual_host;
using test::virtual_network;
using testing::HasSubstr;

std::vector<std::string> texts(const virtual_host& host) {
  std::vector<std::string> found;
  for (const auto& message : host.delivered) found.emplace_back(as_text(message.data));
  return found;
}

TEST(a_broadcast, reaches_each_other_node_once_and_its_sender_never) {
  virtual_network net;
  auto& a = net.add("A", "10.0.0.1");
  auto& b = net.add("B", "10.0.0.2");
  auto& c = net.add("C", "10.0.0.3");
  net.run_for(2s);
  for (const auto* target : {"*", "WORKGROUP", "workgroup"}) {
    EXPECT_EQ(a.node->reach_of(target), reach::both) << target;  // whoever writes posts to the own slot
    net.write(a, target, "inbox", target);
  }
  net.run_for(1s);
  EXPECT_THAT(texts(b), testing::ElementsAre("*", "WORKGROUP", "workgroup"));
  EXPECT_EQ(texts(c), texts(b));
  EXPECT_TRUE(a.delivered.empty());
  EXPECT_EQ(a.count("dropped_own"), 3u);
}

TEST(a_message, for_the_own_computer_never_leaves_it) {
  virtual_network net;
  auto& a = net.add("A", "10.0.0.1");
  net.run_for(2s);
  const auto sent = net.sent().size();
  EXPECT_EQ(a.node->reach_of("a"), reach::local);
  EXPECT_EQ(a.node->reach_of("A#03"), reach::network);
  const auto id = net.write(a, "A", "inbox", "x");
  EXPECT_FALSE(a.finished.at(id));
  EXPECT_EQ(net.sent().size(), sent);
}

TEST(a_message, is_never_doubled_torn_or_mixed_up_by_a_bad_network) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    virtual_network net(
        {.least_delay = 0ms, .most_delay = 80ms, .loss = 0.1, .duplicate = 0.1, .seed = seed});
    auto& a = net.add("A", "10.0.0.1");
    auto& b = net.add("B", "10.0.0.2");
    auto& c = net.add("C", "10.0.0.3");
    net.run_for(5s);
    std::set<std::string> written;
    for (int i = 0; i < 500; ++i) {
      const auto text = std::to_string(i) + std::string(static_cast<std::size_t>(i % 400), 'x');
      written.insert(text);
      net.write(a, "*", "inbox", text);
      net.run_for(3ms);
    }
    net.run_for(5s);
    for (const auto* host : {&b, &c}) {
      const auto got = texts(*host);
      EXPECT_EQ(std::set(got.begin(), got.end()).size(), got.size()) << "doubled with seed " << seed;
      EXPECT_TRUE(std::ranges::all_of(got, [&](const auto& text) { return written.contains(text); })) << seed;
      EXPECT_GE(got.size(), 380u) << seed;
      EXPECT_GT(host->count("dropped_duplicate"), 10u) << seed;
    }
    EXPECT_TRUE(a.delivered.empty());
  }
}

TEST(a_message, that_is_written_twice_arrives_twice) {
  virtual_network net;
  auto& a = net.add("A", "10.0.0.1");
  auto& b = net.add("B", "10.0.0.2");
  net.run_for(2s);
  net.write(a, "B", "inbox", "again");
  net.write(a, "B", "inbox", "again");
  net.run_for(1s);
  EXPECT_EQ(b.delivered.size(), 2u);
}

TEST(a_message, that_comes_by_two_interfaces_arrives_once) {
  virtual_network net;
  auto& a = net.add(settings_of("A"), {link_at("10.0.0.1"), link_at("10.1.0.1")});
  auto& b = net.add(settings_of("B"), {link_at("10.0.0.2"), link_at("10.1.0.2")});
  net.run_for(2s);
  net.write(a, "*", "inbox", "once");
  net.run_for(1s);
  EXPECT_EQ(texts(b), std::vector<std::string>{"once"});
  EXPECT_EQ(b.count("dropped_duplicate"), 1u);
  EXPECT_EQ(a.count("dropped_own"), 2u);
}

TEST(a_message, is_received_in_the_names_that_are_held_and_no_others) {
  virtual_network net;
  auto settings = settings_of("A");
  settings.aliases = {*make_name("ALIAS", suffix::workstation)};
  auto& a = net.add(settings, {link_at("10.0.0.1")});
  auto& b = net.add("B", "10.0.0.2");
  net.run_for(2s);
  net.write(b, "ALIAS", "inbox", "by alias");
  net.run_for(1s);
  EXPECT_EQ(texts(a), std::vector<std::string>{"by alias"});
  EXPECT_EQ(a.node->reach_of("ALIAS"), reach::local);
}

TEST(a_message, for_the_domain_controllers_goes_to_all_that_hold_that_name) {
  virtual_network net;
  auto settings = settings_of("A");
  settings.aliases = {*make_name("WORKGROUP", suffix::domain_controllers)};
  auto& a = net.add(settings, {link_at("10.0.0.1")});
  settings.computer = *make_name("B", suffix::workstation);
  auto& b = net.add(settings, {link_at("10.0.0.2")});
  auto& c = net.add("C", "10.0.0.3");
  net.run_for(2s);
  EXPECT_TRUE(a.owns("WORKGROUP<1c>") && b.owns("WORKGROUP<1c>"));
  EXPECT_THAT(a.names(), HasSubstr("name=WORKGROUP<1c> kind=group"));
  net.write(c, "WORKGROUP#1c", "inbox", "to both");
  EXPECT_EQ(a.node->reach_of("WORKGROUP#1c"), reach::both);
  net.write(a, "WORKGROUP#1c", "inbox", "to the other");
  net.run_for(1s);
  EXPECT_EQ(texts(a), std::vector<std::string>{"to both"});
  EXPECT_THAT(texts(b), testing::UnorderedElementsAre("to both", "to the other"));
}

class a_datagram_from_the_wire : public testing::Test {
 protected:
  a_datagram_from_the_wire() : srv(net.add(settings_of("LABSRV", "LABGROUP"), {link_at("10.77.38.1")})) {
    net.run_for(2s);
  }

  void receive(bytes packet, std::string_view to = "10.77.38.1", std::string_view from = "10.77.38.11") {
    net.inject({ip(from), 138}, {ip(to), 138}, std::move(packet));
    net.run_for(1ms);
  }
  void receive(const std::string& vector) { receive(test::vector_packet(vector)); }

  static bytes message(std::string_view slot, std::string_view data, std::uint16_t id = 1) {
    bytes smb, out;
    EXPECT_FALSE(encode_mailslot_write({.name = slot, .data = as_bytes(data)}, smb));
    const auto name = [](std::string_view text) { return *make_name(text, suffix::workstation); };
    EXPECT_FALSE(encode_datagram(
        {.id = id,
         .source = {ip("10.77.38.11"), 138},
         .body = datagram_message{.names = {{name("ASTATION"), name("LABSRV")}}, .data = smb}},
        out));
    return out;
  }

  virtual_network net;
  virtual_host& srv;
};

TEST_F(a_datagram_from_the_wire, is_delivered_by_its_unique_name_its_group_and_the_wildcard) {
  receive("mailslot-write-unique");
  receive("mailslot-write-group");
  receive("mailslot-write-star");
  EXPECT_EQ(srv.delivered.size(), 3u);
  EXPECT_EQ(srv.delivered[0].slot, "test1/sample_mailslot");
  EXPECT_EQ(srv.delivered[0].from.address, "10.77.38.11");
  EXPECT_EQ(srv.delivered[0].from.name, "ASTATION");
}

TEST_F(a_datagram_from_the_wire, may_be_empty_or_longer_than_samba_can_read) {
  receive("mailslot-write-empty");
  receive("mailslot-write-577");
  receive("mailslot-write-smb512");
  ASSERT_EQ(srv.delivered.size(), 3u);
  EXPECT_TRUE(srv.delivered[0].data.empty());
  EXPECT_EQ(srv.delivered[1].data.size(), 414u);
  EXPECT_EQ(srv.delivered[2].data.size(), 424u);
}

TEST_F(a_datagram_from_the_wire, of_another_scope_is_not_ours) {
  receive("mailslot-write-scoped");
  EXPECT_TRUE(srv.delivered.empty());
  EXPECT_EQ(srv.count("dropped_not_ours"), 1u);
}

TEST_F(a_datagram_from_the_wire, in_fragments_is_dropped_and_never_half_delivered) {
  receive("dgram-fragment-1");
  receive("dgram-fragment-2");
  receive("dgram-fragment-2");
  receive("dgram-fragment-1");
  EXPECT_TRUE(srv.delivered.empty());
  EXPECT_EQ(srv.count("dropped_fragment"), 4u);
}

TEST_F(a_datagram_from_the_wire, that_is_no_message_is_counted_and_never_answered) {
  const auto sent = net.sent().size();
  for (const auto* other :
       {"dgram-error", "dgram-query-request", "dgram-query-positive", "dgram-query-negative"})
    receive(other);
  receive(bytes{1, 2, 3});
  EXPECT_EQ(srv.count("dropped_not_message"), 4u);
  EXPECT_EQ(srv.count("dropped_malformed"), 1u);
  EXPECT_EQ(net.sent().size(), sent);
}

TEST_F(a_datagram_from_the_wire, names_no_path_that_a_slot_could_not_have) {
  std::uint16_t id = 0;
  for (const auto* slot :
       {"..\\x", "a\\..\\b", ".", "a\\.", ".as\\x", "@HOST", "a/b", "a\\\\b", "a\\", "a\x01z", "\x7f"})
    receive(message(slot, "evil", ++id));
  EXPECT_TRUE(srv.delivered.empty());
  EXPECT_EQ(srv.count("dropped_slot_name"), 11u);
  receive(message("a\\.b\\@c", "fine", ++id));
  EXPECT_EQ(srv.delivered.at(0).slot, "a/.b/@c");
}

TEST_F(a_datagram_from_the_wire, is_counted_by_what_the_slot_made_of_it) {
  for (const auto what : {verdict::taken, verdict::no_such_slot, verdict::denied, verdict::full})
    srv.node->on_verdict(what);
  for (const auto* key : {"delivered", "dropped_no_such_slot", "dropped_denied", "dropped_full"})
    EXPECT_EQ(srv.count(key), 1u) << key;
}

TEST_F(a_datagram_from_the_wire, makes_its_sender_known_without_control_bytes) {
  receive("browse-domain-announcement");
  receive("mailslot-write-unique");
  const auto peers = srv.node->report_peers(net.now() + 5s);
  EXPECT_THAT(peers, HasSubstr("name=ASTATION address=10.77.38.11 seconds_ago=5\n"));
  EXPECT_THAT(peers, HasSubstr("name=LABSRV address=10.77.38.11"));
}

TEST_F(a_datagram_from_the_wire, among_too_many_from_one_source_is_dropped) {
  for (std::uint16_t i = 0; i < 20000; ++i)
    net.inject({ip("10.77.38.11"), 138}, {ip("10.77.38.1"), 138}, message("inbox", "flood", i));
  net.run_for(1ms);
  EXPECT_EQ(srv.delivered.size(), 10000u);
  EXPECT_EQ(srv.count("dropped_flood"), 10000u);
  EXPECT_THAT(srv.warnings, testing::ElementsAre(HasSubstr("too many messages from 10.77.38.11")));
  receive(message("inbox", "innocent"), "10.77.38.1", "10.77.38.12");
  EXPECT_EQ(as_text(srv.delivered.back().data), "innocent");
}

TEST(a_group_write, is_limited_by_user) {
  virtual_network net;
  auto& a = net.add("A", "10.0.0.1");
  net.run_for(2s);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto id = net.write(a, "*", "inbox", "x", 1000);
    refused += a.finished.at(id) == transport_errc::rate_limited;
  }
  EXPECT_EQ(refused, 1000);
  EXPECT_FALSE(a.finished.at(net.write(a, "*", "inbox", "x", 1001)));
}

TEST(a_node_beside_nmbd, claims_nothing_and_receives_what_nmbd_passes_on) {
  virtual_network net;
  auto settings = settings_of("LABSRV", "LABGROUP");
  settings.claims_names = false;
  settings.aliases = {*make_name("LABGROUP", suffix::domain_controllers)};
  auto& a = net.add(settings, {link_at("10.77.38.1")});
  net.run_for(2s);
  EXPECT_TRUE(net.sent().empty());
  const arrival how{.on = service::datagram, .from = {ip("10.77.38.11"), 138}};
  net.perform(a, [&](actions& out) {
    a.node->on_packet(net.now(), how, test::vector_packet("mailslot-write-unique"), out);
    a.node->on_packet(net.now(), how, test::vector_packet("mailslot-write-group"), out);
    a.node->on_packet(net.now(), how, test::vector_packet("mailslot-write-group"),
                      out);  // nmbd passes on both copies
  });
  EXPECT_EQ(a.delivered.size(), 2u);
  EXPECT_THAT(a.names(), HasSubstr("name=LABGROUP<00> kind=group where=nmbd state=owned"));
  EXPECT_THAT(a.names(), HasSubstr("name=LABGROUP<1c> kind=group where=nmbd state=owned"));
}

TEST(a_node_beside_nmbd, has_the_names_that_nmbd_has) {
  virtual_network net;
  auto settings = settings_of("HOST", "WORKGROUP");
  settings.claims_names = false;
  settings.takes_names_of_nmbd = true;
  auto& a = net.add(settings, {link_at("10.77.38.1")});
  const endpoint nmbd{ip("10.77.38.1"), 137};
  const auto asked = [&] { return decode_name_packet(net.sent().back().payload)->id; };
  const auto status = [&](std::vector<status_entry> names) {
    bytes data, out;
    encode_node_status({.names = std::move(names)}, data);
    EXPECT_FALSE(encode_name_packet(
        {.id = asked(),
         .response = true,
         .answer = record{.name = *make_name("*", 0), .type = record_type::node_status, .data = data}},
        out));
    return out;
  };
  const auto name = [](const char* text, std::uint8_t kind) { return *make_name(text, kind); };
  const status_entry computer{name("LABSRV", 0), nb_flags::active};
  const status_entry alias{name("SECOND", 0), nb_flags::active};
  const status_entry domain{name("LABGROUP", 0), nb_flags::active | nb_flags::group};
  const status_entry controllers{name("LABGROUP", 0x1c), nb_flags::active};  // as Samba shows it

  // It is just starting, and has not got its names yet.
  EXPECT_EQ(net.sent().back().to, nmbd);
  net.inject(nmbd, nmbd, status({domain}));
  net.run_for(10ms);
  EXPECT_EQ(a.node->settings().computer, name("HOST", 0));
  net.run_for(1s);
  net.inject({ip("10.77.38.9"), 137}, nmbd, status({{name("LIAR", 0), nb_flags::active}, domain}));
  net.inject(nmbd, nmbd, status({computer, alias, controllers, domain}), 1ms);
  net.run_for(10ms);
  EXPECT_EQ(a.node->settings().computer, computer.name);
  EXPECT_EQ(a.node->settings().domain, domain.name);
  EXPECT_THAT(a.names(), HasSubstr("name=LABGROUP<1c> kind=group where=nmbd state=owned"));
  EXPECT_EQ(a.node->reach_of("second"), reach::local);
  EXPECT_EQ(a.node->reach_of("host"), reach::network);

  // Another nmbd.
  net.perform(a, [&](actions& out) { a.node->nmbd_came(net.now(), out); });
  net.inject(nmbd, nmbd, status({alias, domain}));
  net.run_for(10ms);
  EXPECT_EQ(a.node->settings().computer, alias.name);
  const auto sent = net.sent().size();
  net.run_for(10min);
  EXPECT_GE(net.sent().size(), sent + 9);
}

TEST(the_size_limit, depends_on_the_name_and_can_be_lowered_to_what_samba_reads) {
  const node windows(settings_of("A"), 1);
  EXPECT_EQ(windows.max_message_size("abcd"), 428u);
  EXPECT_EQ(windows.max_message_size("abcde"), 424u);
  EXPECT_EQ(windows.max_message_size("abcdefghi"), 420u);
  auto settings = settings_of("A");
  settings.samba_safe = true;
  EXPECT_EQ(node(settings, 1).max_message_size("abcd"), 410u);
}

TEST(a_slot_path, turns_into_a_wire_name_with_backslashes) {
  EXPECT_EQ(path_to_wire("NET/NETLOGON"), "NET\\NETLOGON");
  EXPECT_EQ(path_to_wire("NET\\NETLOGON"), "NET\\NETLOGON");
  EXPECT_FALSE(path_to_wire("a//b"));
  EXPECT_FALSE(path_to_wire(""));
  EXPECT_FALSE(path_to_wire(std::string_view("a\0b", 3)));
}

TEST(a_slot_path, has_levels_of_at_most_255_bytes) {
  EXPECT_TRUE(path_from_wire(std::string(255, 'n')));
  EXPECT_FALSE(path_from_wire(std::string(256, 'n')));
}

TEST(what_was_seen_lately, is_forgotten_by_time_and_by_number) {
  recent seen(1s, 3);
  const time_point start{};
  EXPECT_TRUE(seen.insert(start, 1));
  EXPECT_FALSE(seen.insert(start + 1s, 1));
  EXPECT_TRUE(seen.insert(start + 1001ms, 1));
  EXPECT_TRUE(seen.insert(start + 1001ms, 2));
  EXPECT_TRUE(seen.insert(start + 1001ms, 3));
  EXPECT_TRUE(seen.insert(start + 1001ms, 4));
  EXPECT_FALSE(seen.contains(start + 1001ms, 1));
}

TEST(a_rate_limiter, refills_with_time_and_forgets_the_quiet) {
  rate_limiter<int> limiter({.per_second = 1, .burst = 2}, {.per_second = 1e6, .burst = 1e6});
  time_point now{};
  EXPECT_TRUE(limiter.take(now, 1) && limiter.take(now, 1));
  EXPECT_FALSE(limiter.take(now, 1));
  now += 1s;
  EXPECT_TRUE(limiter.take(now, 1));
  for (int key = 2; key < 1025; ++key) EXPECT_TRUE(limiter.take(now, key));
  EXPECT_FALSE(limiter.take(now, 5000));  // a flood of keys
  now += 1min;
  EXPECT_TRUE(limiter.take(now, 5000));
}

TEST(the_peers, are_remembered_up_to_a_bound_the_silent_forgotten_first) {
  peer_table peers;
  time_point now{};
  for (int i = 0; i < 2000; ++i) peers.heard(now += 1s, "P" + std::to_string(i), ip("10.0.0.1"));
  EXPECT_EQ(peers.all().size(), 1024u);
  EXPECT_TRUE(peers.all().contains("P1999"));
  EXPECT_FALSE(peers.all().contains("P0"));
}

TEST(every_counter, has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(counter::count); ++i)
    names.insert(counter_name(static_cast<counter>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(counter::count));
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace mailslot::net

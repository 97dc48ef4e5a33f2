// Claiming, defending, losing and releasing names, between nodes in virtual time and against strangers.
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

name_packet decoded(const bytes& payload) {
  auto packet = decode_name_packet(payload);
  EXPECT_TRUE(packet);
  return *packet;
}

// What of `packets` are name packets for which `want` holds, decoded. They borrow from `packets`.
template <typename Want>
std::vector<name_packet> chosen(const std::vector<test::packet_seen>& packets, Want want) {
  std::vector<name_packet> found;
  for (const auto& packet : packets) {
    if (packet.to.port == 138) continue;
    auto name_packet = decoded(packet.payload);
    if (want(name_packet)) found.push_back(std::move(name_packet));
  }
  return found;
}

bool is_response(const name_packet& packet) {
  return packet.response;
}

netbios_name name_of(std::string_view text) {
  return *make_name(text, suffix::workstation);
}

const endpoint broadcast_137{ip("10.0.0.255"), 137};
const endpoint alice_137{ip("10.0.0.1"), 137};

TEST(a_claim, is_three_broadcasts_a_quarter_of_a_second_apart_and_an_overwrite) {
  virtual_network net;
  auto& alice = net.add("ALICE", "10.0.0.1");
  const auto start = net.now();
  net.run_for(10s);
  std::vector<std::pair<duration, bool>> seen;
  for (const auto& packet : net.sent()) {
    const auto claim = decoded(packet.payload);
    if (claim.question->name != name_of("ALICE")) continue;
    EXPECT_EQ(packet.to, broadcast_137);
    EXPECT_TRUE(claim.broadcast);
    EXPECT_EQ(claim.opcode, opcode::registration);
    EXPECT_EQ(decode_addresses(claim.additional->data)->front(), (address_entry{0, ip("10.0.0.1")}));
    seen.emplace_back(packet.at - start, claim.recursion_desired);
  }
  const std::vector<std::pair<duration, bool>> expected{
      {0ms, true}, {250ms, true}, {500ms, true}, {750ms, false}};
  EXPECT_EQ(seen, expected);
  EXPECT_TRUE(alice.owns("ALICE<00>"));
  EXPECT_TRUE(alice.owns("WORKGROUP<00>"));
}

TEST(a_claim, looks_like_the_one_of_a_real_node) {
  const auto recorded = test::vector_packet("nbns-registration-unique-00-bcast");
  const auto theirs = decoded(recorded);
  EXPECT_EQ(claim_packet(theirs.id, theirs.question->name, {0, ip("10.77.38.1")}, audience::broadcast),
            recorded);
}

TEST(a_claim, of_a_name_that_somebody_holds_is_lost_and_told_to_the_operator) {
  virtual_network net;
  auto& first = net.add("ALICE", "10.0.0.1");
  net.run_for(2s);
  auto& second = net.add("ALICE", "10.0.0.2");
  net.run_for(2s);
  EXPECT_TRUE(first.owns("ALICE<00>"));
  EXPECT_THAT(second.names(), HasSubstr("name=ALICE<00> kind=unique where=eth0 address=10.0.0.2 state=lost"));
  EXPECT_TRUE(second.owns("WORKGROUP<00>"));
  ASSERT_EQ(second.warnings.size(), 1u);
  EXPECT_THAT(second.warnings[0], HasSubstr("'ALICE<00>' is taken, says 10.0.0.1"));
  EXPECT_EQ(first.count("claims_refused"), 1u);
  EXPECT_EQ(second.count("names_lost"), 1u);
}

TEST(a_claim, that_was_lost_is_tried_again_minutes_later) {
  virtual_network net;
  auto& first = net.add("ALICE", "10.0.0.1");
  net.run_for(2s);
  auto& second = net.add("ALICE", "10.0.0.2");
  net.run_for(2s);
  net.perform(first, [&](actions& out) { first.node->stop(net.now(), out); });
  net.run_for(4min);
  EXPECT_FALSE(second.owns("ALICE<00>"));
  net.run_for(12min);
  EXPECT_TRUE(second.owns("ALICE<00>"));
}

TEST(a_claim, made_by_two_at_once_has_exactly_one_winner_whatever_the_network_does) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    virtual_network net({.least_delay = 0ms, .most_delay = 20ms, .seed = seed});
    auto& one = net.add("ALICE", "10.0.0.1");
    net.run_for(std::chrono::milliseconds(seed * 3 % 900));
    auto& two = net.add("ALICE", "10.0.0.2");
    net.run_for(5s);
    EXPECT_NE(one.owns("ALICE<00>"), two.owns("ALICE<00>")) << "seed " << seed << '\n'
                                                            << one.names() << two.names();
  }
}

TEST(a_claim, survives_a_network_that_loses_and_doubles_packets) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    virtual_network net(
        {.least_delay = 0ms, .most_delay = 40ms, .loss = 0.1, .duplicate = 0.1, .seed = seed});
    auto& holder = net.add("ALICE", "10.0.0.1");
    net.run_for(2s);
    auto& other = net.add("BOB", "10.0.0.2");
    net.run_for(2s);
    EXPECT_TRUE(holder.owns("ALICE<00>") && other.owns("BOB<00>") && other.owns("WORKGROUP<00>")) << seed;
  }
}

TEST(a_claim, is_not_lost_to_a_refusal_that_does_not_answer_it) {
  virtual_network net;
  auto& alice = net.add("ALICE", "10.0.0.1");
  net.run_for(100ms);
  auto claim = decoded(net.sent().front().payload);
  ASSERT_EQ(claim.question->name, name_of("ALICE"));
  const auto refused = refusal(claim);
  net.inject({ip("10.9.9.9"), 137}, alice_137, refused);  // not a neighbour
  claim.id ^= 1;
  net.inject({ip("10.0.0.9"), 137}, alice_137, refusal(claim));  // another transaction
  claim.id ^= 1;
  claim.question->name = name_of("BOB");
  net.inject({ip("10.0.0.9"), 137}, alice_137, refusal(claim));  // another name
  net.run_for(1s);
  EXPECT_TRUE(alice.owns("ALICE<00>"));
  EXPECT_EQ(alice.count("ignored_stray_response"), 3u);
}

TEST(a_held_name, is_defended_by_an_answer_to_the_port_that_asked) {
  virtual_network net;
  net.add("ALICE", "10.0.0.1");
  auto& stranger = net.add_stranger({link_at("10.0.0.9")});
  net.run_for(2s);
  stranger.received.clear();
  const auto claim = claim_packet(0x1234, name_of("ALICE"), {0, ip("10.0.0.9")}, audience::broadcast);
  net.inject({ip("10.0.0.9"), 40000}, broadcast_137, claim);
  net.run_for(1s);
  ASSERT_EQ(stranger.received.size(), 2u);  // its own broadcast, and the answer
  EXPECT_EQ(stranger.received[1].to.port, 40000);
  const auto answer = decoded(stranger.received[1].payload);
  EXPECT_EQ(answer.id, 0x1234);
  EXPECT_EQ(answer.rcode, rcode::active);
  EXPECT_FALSE(answer.broadcast);
  EXPECT_EQ(decode_addresses(answer.answer->data)->front().address, ip("10.0.0.9"));
}

TEST(a_held_name, is_defended_against_every_form_of_claim) {
  virtual_network net;
  auto& alice = net.add("ALICE", "10.0.0.1");
  net.run_for(2s);
  const address_entry unique{0, ip("10.0.0.9")}, group{nb_flags::group, ip("10.0.0.9")};
  const endpoint stranger{ip("10.0.0.9"), 137};
  net.inject(stranger, broadcast_137, claim_packet(1, name_of("ALICE"), unique, audience::broadcast));
  net.inject(stranger, broadcast_137, overwrite_packet(2, name_of("ALICE"), unique));
  net.inject(stranger, alice_137, claim_packet(3, name_of("ALICE"), unique, audience::server));
  net.inject(stranger, broadcast_137, claim_packet(4, name_of("ALICE"), group, audience::broadcast));
  net.inject(stranger, broadcast_137, claim_packet(5, name_of("WORKGROUP"), unique, audience::broadcast));
  net.run_for(1s);
  EXPECT_EQ(alice.count("claims_refused"), 5u);
  net.inject(stranger, broadcast_137, claim_packet(6, name_of("WORKGROUP"), group, audience::broadcast));
  net.inject(stranger, broadcast_137, claim_packet(7, name_of("OTHER"), unique, audience::broadcast));
  net.run_for(1s);
  EXPECT_EQ(alice.count("claims_refused"), 5u);
}

TEST(a_held_name, is_refused_with_the_very_bytes_of_a_real_node) {
  virtual_network net;
  auto settings = settings_of("LABSRV");
  settings.aliases = {*make_name("LABSRV", suffix::server)};
  net.add(settings, {link_at("10.77.38.1")});
  auto& stranger = net.add_stranger({link_at("10.77.38.11")});
  net.run_for(2s);
  stranger.received.clear();
  net.inject({ip("10.77.38.11"), 37425}, {ip("10.77.38.1"), 137},
             test::vector_packet("nbns-registration-rd0"));
  net.run_for(1s);
  ASSERT_EQ(stranger.received.size(), 1u);
  // Samba puts ACT into the flags that it repeats, we repeat what was asked for.
  auto expected = test::vector_packet("nbns-registration-negative");
  const auto ours = stranger.received[0].payload;
  expected[expected.size() - 6] = ours[ours.size() - 6];
  EXPECT_EQ(ours, expected);
}

TEST(a_held_name, is_not_taken_away_by_a_conflict_demand) {
  virtual_network net;
  auto& alice = net.add(settings_of("LABSRV"), {link_at("10.77.38.1")});
  net.run_for(2s);
  net.inject({ip("10.77.38.11"), 137}, {ip("10.77.38.1"), 137}, test::vector_packet("nbns-conflict-demand"));
  net.run_for(1s);
  EXPECT_TRUE(alice.owns("LABSRV<00>"));
  EXPECT_EQ(alice.count("ignored_conflict_demand"), 1u);
}

TEST(a_held_name, is_given_up_on_a_conflict_demand_where_that_was_asked_for) {
  virtual_network net;
  auto settings = settings_of("LABSRV");
  settings.obeys_conflict_demands = true;
  auto& alice = net.add(settings, {link_at("10.77.38.1")});
  net.run_for(2s);
  net.inject({ip("10.9.9.9"), 137}, {ip("10.77.38.1"), 137}, test::vector_packet("nbns-conflict-demand"));
  net.run_for(1s);
  EXPECT_TRUE(alice.owns("LABSRV<00>"));  // not from outside
  net.inject({ip("10.77.38.11"), 137}, {ip("10.77.38.1"), 137}, test::vector_packet("nbns-conflict-demand"));
  net.run_for(1s);
  EXPECT_FALSE(alice.owns("LABSRV<00>"));
  EXPECT_THAT(alice.names(), HasSubstr("state=conflict"));
}

TEST(a_held_name, is_released_three_times_when_the_node_stops) {
  virtual_network net;
  auto& alice = net.add("ALICE", "10.0.0.1");
  net.run_for(2s);
  const auto before = net.sent().size();
  net.perform(alice, [&](actions& out) { alice.node->stop(net.now(), out); });
  EXPECT_FALSE(alice.node->stopped());
  net.run_for(600ms);
  EXPECT_TRUE(alice.node->stopped());
  int releases = 0;
  for (std::size_t i = before; i < net.sent().size(); ++i) {
    const auto packet = decoded(net.sent()[i].payload);
    EXPECT_EQ(packet.opcode, opcode::release);
    releases += packet.question->name == name_of("ALICE");
  }
  EXPECT_EQ(releases, 3);
}

TEST(a_held_name, is_not_released_by_others) {
  virtual_network net;
  auto& alice = net.add("ALICE", "10.0.0.1");
  net.run_for(2s);
  net.inject({ip("10.0.0.9"), 137}, broadcast_137,
             release_packet(1, name_of("ALICE"), {0, ip("10.0.0.9")}, audience::broadcast));
  net.run_for(1s);
  EXPECT_TRUE(alice.owns("ALICE<00>"));
  EXPECT_EQ(alice.count("ignored_release"), 1u);
}

TEST(a_held_name, follows_the_addresses_of_the_host) {
  virtual_network net;
  auto& alice = net.add("ALICE", "10.0.0.1");
  net.run_for(2s);
  alice.links = {link_at("10.0.1.7")};
  net.perform(alice, [&](actions& out) { alice.node->set_links(net.now(), alice.links, out); });
  net.run_for(2s);
  EXPECT_THAT(alice.names(), HasSubstr("name=ALICE<00> kind=unique where=eth0 address=10.0.1.7 state=owned"));
  EXPECT_THAT(alice.names(), Not(HasSubstr("10.0.0.1")));
}

class someone_who_asks : public testing::Test {
 protected:
  someone_who_asks()
      : alice(net.add("ALICE", "10.0.0.1")), stranger(net.add_stranger({link_at("10.0.0.9")})) {
    net.run_for(2s);
    stranger.received.clear();
  }

  // The responses that the stranger gets to `request`, sent from port 40000.
  std::vector<name_packet> answers_to(const bytes& request, endpoint to, ipv4 from = ip("10.0.0.9")) {
    stranger.received.clear();
    net.inject({from, 40000}, to, request);
    net.run_for(1s);
    return chosen(stranger.received, is_response);
  }

  static bytes status_request(std::string_view name) {
    bytes out;
    EXPECT_FALSE(encode_name_packet(
        {.id = 7, .question = question{.name = *make_name(name, 0), .type = record_type::node_status}}, out));
    return out;
  }

  virtual_network net;
  virtual_host& alice;
  virtual_host& stranger;
};

TEST_F(someone_who_asks, by_broadcast_is_answered_at_once_with_our_address) {
  const auto answers = answers_to(query_packet(9, name_of("ALICE"), audience::broadcast), broadcast_137);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].id, 9);
  EXPECT_TRUE(answers[0].authoritative);
  EXPECT_EQ(*decode_addresses(answers[0].answer->data), (std::vector<address_entry>{{0, ip("10.0.0.1")}}));
  EXPECT_LT(stranger.received.back().at - stranger.received.front().at, 10ms);
}

TEST_F(someone_who_asks, for_the_domain_hears_that_it_is_a_group) {
  const auto answers = answers_to(query_packet(9, name_of("WORKGROUP"), audience::broadcast), broadcast_137);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(decode_addresses(answers[0].answer->data)->front().is_group());
}

TEST_F(someone_who_asks, for_anybody_finds_us) {
  EXPECT_EQ(answers_to(query_packet(9, name_of("*"), audience::broadcast), broadcast_137).size(), 1u);
}

TEST_F(someone_who_asks, for_a_name_that_we_do_not_have_hears_nothing) {
  EXPECT_TRUE(answers_to(query_packet(9, name_of("BOB"), audience::broadcast), broadcast_137).empty());
  EXPECT_TRUE(answers_to(query_packet(9, name_of("BOB"), audience::server), alice_137).empty());
  EXPECT_TRUE(
      answers_to(query_packet(9, *make_name("ALICE", 0x03), audience::broadcast), broadcast_137).empty());
}

TEST_F(someone_who_asks, without_recursion_like_a_wins_server_hears_no) {
  auto query = decoded(query_packet(9, name_of("BOB"), audience::server));
  query.recursion_desired = false;
  bytes request;
  ASSERT_FALSE(encode_name_packet(query, request));
  const auto answers = answers_to(request, alice_137);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].rcode, rcode::no_such_name);
}

TEST_F(someone_who_asks, in_another_scope_hears_nothing) {
  auto name = name_of("ALICE");
  name.scope = "LAB.SCOPE";
  EXPECT_TRUE(answers_to(query_packet(9, name, audience::broadcast), broadcast_137).empty());
}

TEST_F(someone_who_asks, for_our_status_gets_our_names) {
  for (const auto* asked : {"*", "ALICE"}) {
    const auto answers = answers_to(status_request(asked), alice_137);
    ASSERT_EQ(answers.size(), 1u);
    const auto status = decode_node_status(answers[0].answer->data);
    ASSERT_TRUE(status);
    ASSERT_EQ(status->names.size(), 2u);
    EXPECT_EQ(status->names[0].name, name_of("ALICE"));
    EXPECT_EQ(status->names[0].flags, nb_flags::active);
    EXPECT_EQ(status->names[1].name, name_of("WORKGROUP"));
    EXPECT_EQ(status->names[1].flags, nb_flags::active | nb_flags::group);
  }
}

TEST_F(someone_who_asks, for_status_by_broadcast_hears_nothing) {
  EXPECT_TRUE(answers_to(status_request("*"), broadcast_137).empty());
  EXPECT_EQ(alice.count("ignored_status_broadcast"), 1u);
}

TEST_F(someone_who_asks, from_outside_the_subnet_hears_nothing) {
  alice.received.clear();
  const auto sent = net.sent().size();
  for (const auto& request : {query_packet(9, name_of("ALICE"), audience::server), status_request("*"),
                              claim_packet(1, name_of("ALICE"), {0, ip("10.9.9.9")}, audience::server)})
    answers_to(request, alice_137, ip("10.9.9.9"));
  EXPECT_EQ(net.sent().size(), sent);
  EXPECT_EQ(alice.count("ignored_off_subnet"), 3u);
}

TEST_F(someone_who_asks, too_often_is_answered_at_a_bounded_rate) {
  stranger.received.clear();
  for (int i = 0; i < 1000; ++i) {
    net.inject({ip("10.0.0.9"), 40000}, alice_137, status_request("*"));
    net.run_for(1ms);
  }
  EXPECT_LE(stranger.received.size(), 71u);  // a burst of 50, and 20 a second
  EXPECT_GE(stranger.received.size(), 50u);
  EXPECT_GT(alice.count("ignored_flood"), 900u);
  EXPECT_THAT(alice.warnings, testing::ElementsAre(HasSubstr("too many questions from 10.0.0.9")));
  net.run_for(1min);
  EXPECT_EQ(answers_to(query_packet(9, name_of("ALICE"), audience::broadcast), broadcast_137).size(), 1u);
}

TEST_F(someone_who_asks, from_a_thousand_made_up_addresses_is_answered_at_a_bounded_rate_too) {
  const auto sent = net.sent().size();
  for (std::uint32_t i = 0; i < 5000; ++i)
    net.inject({{ip("10.0.0.0").value + 2 + i % 250}, 40000}, alice_137, status_request("*"));
  net.run_for(1s);
  EXPECT_LE(net.sent().size() - sent, 700u);
}

TEST_F(someone_who_asks, with_every_packet_ever_recorded_cut_or_bent_changes_nothing) {
  std::mt19937 random(4711);
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_root() / "tests/vectors/netbios")) {
    if (entry.path().extension() != ".hex") continue;
    const auto packet = test::from_hex(test::read_file(entry.path()));
    for (int round = 0; round < 20; ++round) {
      auto bent = packet;
      bent.resize(random() % (packet.size() + 1));
      if (!bent.empty()) bent[random() % bent.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
      net.inject({ip("10.0.0.9"), 137}, alice_137, bent);
      net.inject({ip("10.0.0.9"), 138}, {ip("10.0.0.1"), 138}, bent);
    }
    net.run_for(1s);
  }
  EXPECT_TRUE(alice.owns("ALICE<00>"));
  EXPECT_TRUE(alice.delivered.empty());
}

}  // namespace
}  // namespace mailslot::net

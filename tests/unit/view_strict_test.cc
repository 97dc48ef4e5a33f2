// The strict view: what Windows says where files would be kind.
#include "tests/support/view_world.h"

#include <gtest/gtest.h>

namespace mailslot {
namespace {

using namespace std::chrono_literals;
using test::recorded_answer;
using test::texts;

struct a_strict_handle : testing::Test, test::view_world {
  void timeout(duration d) { inbox->change({.read_timeout = d}, now); }
};

TEST_F(a_strict_handle, reads_whole_messages_whatever_its_position) {
  fill({"one", "two"});
  auto h = open("strict");
  EXPECT_EQ(reads(*h, 0, 100), "one");
  EXPECT_EQ(reads(*h, 0, 3), "two");
  EXPECT_EQ(h->last_delivered()->text(), "two");
}

TEST_F(a_strict_handle, refuses_a_short_buffer_and_takes_nothing) {
  fill({"four", "x"});
  auto h = open("strict");
  EXPECT_EQ(reads(*h, 0, 3), failing(errc::short_buffer));
  EXPECT_EQ(reads(*h, 0, 3), failing(errc::short_buffer));
  EXPECT_EQ(inbox->count(now).taken, 0U);
  EXPECT_EQ(reads(*h, 0, 4), "four");
  EXPECT_EQ(reads(*h, 0, 1), "x");
}

TEST_F(a_strict_handle, reads_an_empty_message_as_no_bytes) {
  fill({"", "x"});
  auto h = open("strict");
  EXPECT_EQ(reads(*h), "");
  EXPECT_EQ(inbox->count(now).taken, 1U);
  EXPECT_EQ(reads(*h), "x");
  EXPECT_EQ(reads(*h), failing(errc::would_wait));
}

TEST_F(a_strict_handle, says_would_wait_at_once_with_timeout_0) {
  EXPECT_EQ(reads(*open("strict")), failing(errc::would_wait));
}

TEST_F(a_strict_handle, never_waits_longer_than_the_kernel_lets_it) {
  timeout(forever);
  shared.longest_wait = 1s;
  auto h = open("strict");
  recorded_answer answer;
  read(*h, answer);
  EXPECT_TRUE(answer.waits());
  pass(1s);
  EXPECT_EQ(answer.error(), errc::timed_out);
}
TEST_F(a_strict_handle, says_timed_out_after_a_finite_timeout) {
  timeout(100ms);
  auto h = open("strict");
  recorded_answer answer;
  read(*h, answer);
  pass(99ms);
  EXPECT_TRUE(answer.waits());
  pass(1ms);
  EXPECT_EQ(answer.error(), errc::timed_out);
  EXPECT_EQ(answer.answers(), 1);
  EXPECT_EQ(reads(*h, 0, 10, true), failing(errc::would_wait)) << "O_NONBLOCK";
}

TEST_F(a_strict_handle, waits_for_ever_when_the_slot_says_so) {
  timeout(forever);
  auto h = open("strict");
  recorded_answer answer;
  read(*h, answer);
  pass(24h * 3650);
  EXPECT_TRUE(answer.waits());
  post(*inbox, "");
  EXPECT_TRUE(answer.end_of_file()) << "an empty message is one";
  EXPECT_EQ(inbox->count(now).taken, 1U);
  EXPECT_EQ(timers.next(), never);
}

TEST_F(a_strict_handle, that_waited_with_a_short_buffer_leaves_the_message) {
  timeout(forever);
  auto h = open("strict");
  auto other = open("strict");
  recorded_answer first;
  recorded_answer second;
  read(*h, first, 0, 2);
  read(*other, second, 0, 2);
  post(*inbox, "long");
  EXPECT_EQ(first.error(), errc::short_buffer);
  EXPECT_EQ(second.error(), errc::short_buffer);
  EXPECT_EQ(waiting(), texts{"long"});
  EXPECT_EQ(inbox->count(now).taken, 0U);
}

TEST_F(a_strict_handle, whose_reader_is_gone_leaves_the_message) {
  timeout(forever);
  auto h = open("strict");
  recorded_answer gone;
  read(*h, gone);
  gone.go_away();
  post(*inbox, "kept");
  EXPECT_EQ(waiting(), texts{"kept"});
  recorded_answer gone_at_once;
  gone_at_once.go_away();
  read(*h, gone_at_once);
  EXPECT_EQ(waiting(), texts{"kept"});
}

TEST_F(a_strict_handle, ends_by_a_signal_or_with_the_slot) {
  timeout(1s);
  auto h = open("strict");
  recorded_answer first;
  recorded_answer second;
  read(*h, first);
  read(*h, second);
  first.signal();
  EXPECT_EQ(first.error(), errc::interrupted);
  inbox->unlink();
  EXPECT_TRUE(second.end_of_file());
  EXPECT_EQ(reads(*h), "");
  EXPECT_EQ(timers.next(), never);
}

TEST_F(a_strict_handle, reads_or_writes_and_never_both) {
  auto server = open("strict", access::read);
  auto client = open("strict", access::write);
  auto eager = open("strict", access::both);
  EXPECT_EQ(write(*server, "x").error(), errc::access_denied);
  EXPECT_EQ(write(*client, "x"), 1U);
  EXPECT_EQ(write(*eager, "y"), 1U);
  EXPECT_EQ(reads(*client), failing(errc::access_denied));
  EXPECT_EQ(reads(*eager), failing(errc::access_denied));
  EXPECT_EQ(reads(*server), "x");
  EXPECT_EQ(inbox->count(now).readers, 1U);
  EXPECT_FALSE(client->wants_flush());
}

TEST_F(a_strict_handle, is_ready_when_a_message_waits) {
  auto h = open("strict");
  EXPECT_FALSE(h->ready(now).readable);
  post(*inbox, "");
  EXPECT_TRUE(h->ready(now).readable);
}

}  // namespace
}  // namespace mailslot

// Readers of copies: each gets all that is posted while it is there, takes nothing, and is told what it
// missed.
#include "fs/slot/tail.h"

#include "tests/support/counting_poller.h"
#include "tests/support/paper_waiter.h"
#include "tests/support/slot_world.h"

#include <gtest/gtest.h>

namespace mailslot::test {
namespace {

class tail_test : public testing::Test {
 protected:
  slot_world world;
  slot_ref inbox = world.make_slot();

  void post(std::string_view text) { ASSERT_FALSE(world.post(*inbox, text)); }
  // The text of the next copy, after `N lost, ` if some were.
  static std::string next(tail& of) {
    const auto got = of.take();
    std::string all;
    if (got.lost != 0) all = std::to_string(got.lost) + " lost, ";
    return all + std::string(got.m ? got.m->text() : slot_world::nothing);
  }
};

TEST_F(tail_test, every_reader_of_copies_gets_every_message_and_takes_none) {
  tail a(inbox), b(inbox);
  post("one");
  post("two");
  for (tail* each : {&a, &b}) {
    EXPECT_EQ(next(*each), "one");
    EXPECT_EQ(next(*each), "two");
    EXPECT_EQ(next(*each), slot_world::nothing);
  }
  EXPECT_EQ(inbox->count(world.now).count, 2U);
  EXPECT_EQ(inbox->count(world.now).taken, 0U);
}

TEST_F(tail_test, copies_begin_with_the_first_message_after_the_open_and_end_with_the_close) {
  post("before");
  {
    tail t(inbox);
    post("after");
    EXPECT_EQ(next(t), "after");
    EXPECT_EQ(next(t), slot_world::nothing);
  }
  post("closed");
  EXPECT_EQ(inbox->count(world.now).count, 3U);
}

TEST_F(tail_test, a_copy_is_seen_even_if_a_reader_took_the_message_at_once) {
  tail t(inbox);
  paper_waiter reader(*inbox);
  ASSERT_EQ(inbox->take_or_park(reader, world.now, never, reader.got, reader.why), slot::waited::parked);
  post("x");
  EXPECT_EQ(reader.text(), "x");
  EXPECT_EQ(next(t), "x");
}

TEST_F(tail_test, a_copy_is_seen_even_if_the_slot_threw_the_message_away) {
  inbox = world.make_slot({.max_messages = 1, .full = full_policy::drop_newest});
  tail t(inbox);
  post("kept");
  post("dropped");
  EXPECT_EQ(next(t), "kept");
  EXPECT_EQ(next(t), "dropped");
}

TEST_F(tail_test, a_refused_message_is_not_copied) {
  inbox = world.make_slot({.max_messages = 1});
  tail t(inbox);
  post("kept");
  EXPECT_EQ(world.post(*inbox, "refused"), errc::slot_full);
  EXPECT_EQ(next(t), "kept");
  EXPECT_EQ(next(t), slot_world::nothing);
}

TEST_F(tail_test, messages_are_shared_and_not_copied_byte_by_byte) {
  tail a(inbox), b(inbox);
  post("shared");
  EXPECT_EQ(world.memory.used(), message::cost(6));
  const auto m = a.take().m;
  EXPECT_EQ(b.take().m, m);
  EXPECT_EQ(inbox->take(world.now), m);
}

TEST_F(tail_test, who_falls_behind_loses_the_oldest_and_is_told_once) {
  tail t(inbox, 2);
  for (const auto* text : {"a", "b", "c", "d"}) post(text);
  EXPECT_EQ(inbox->count(world.now).lost, 2U);
  EXPECT_EQ(next(t), "2 lost, c");
  EXPECT_EQ(next(t), "d");
  EXPECT_EQ(next(t), slot_world::nothing);
  EXPECT_EQ(inbox->count(world.now).count, 4U) << "the slot itself lost nothing";
}

TEST_F(tail_test, a_backlog_is_bounded_in_bytes_too_but_always_holds_one_message) {
  tail t(inbox, 100, 10);
  post("12345");
  post("67890");
  post("x");
  EXPECT_EQ(next(t), "1 lost, 67890");
  post("a message longer than the bound");
  EXPECT_EQ(next(t), "1 lost, a message longer than the bound");
  post("1234567890");
  EXPECT_EQ(next(t), "1234567890") << "what was taken counts no longer";
}

TEST_F(tail_test, a_waiting_reader_of_copies_is_handed_the_copy) {
  tail t(inbox);
  paper_waiter reader(*inbox);
  tail::copy_of got;
  ASSERT_EQ(t.take_or_park(reader, never, got, reader.why), slot::waited::parked);
  EXPECT_EQ(inbox->count(world.now).waiting, 1U);
  EXPECT_FALSE(t.ready());
  post("");
  EXPECT_EQ(reader.endings, 0) << "an empty message would look like end of file";
  post("wake up");
  EXPECT_EQ(reader.text(), "wake up");
  EXPECT_EQ(reader.endings, 1);
  EXPECT_FALSE(reader.ended);
  EXPECT_EQ(next(t), slot_world::nothing);
  EXPECT_EQ(inbox->count(world.now).waiting, 0U);
  EXPECT_EQ(inbox->count(world.now).count, 2U) << "a reader of copies takes nothing from the others";
}

TEST_F(tail_test, readers_of_one_backlog_are_served_in_the_order_they_came) {
  tail t(inbox);
  paper_waiter first(*inbox), second(*inbox);
  tail::copy_of got;
  ASSERT_EQ(t.take_or_park(first, never, got, first.why), slot::waited::parked);
  ASSERT_EQ(t.take_or_park(second, never, got, second.why), slot::waited::parked);
  post("a");
  EXPECT_EQ(second.endings, 0);
  post("b");
  EXPECT_EQ(first.text(), "a");
  EXPECT_EQ(second.text(), "b");
}

TEST_F(tail_test, a_reader_of_copies_does_not_wait_when_something_is_there) {
  tail t(inbox, 1);
  post("a");
  post("b");
  paper_waiter reader(*inbox);
  tail::copy_of got;
  EXPECT_EQ(t.take_or_park(reader, world.now + 1s, got, reader.why), slot::waited::took);
  EXPECT_EQ(got.m->text(), "b");
  EXPECT_EQ(got.lost, 1U);
  EXPECT_EQ(world.timers.next(), never);
}

TEST_F(tail_test, waiting_for_copies_ends_by_deadline_signal_bound_and_removal) {
  tail t(inbox);
  tail::copy_of got;

  paper_waiter late(*inbox);
  ASSERT_EQ(t.take_or_park(late, world.now + 1s, got, late.why), slot::waited::parked);
  world.pass(1s);
  EXPECT_EQ(late.why, errc::timed_out);

  paper_waiter signalled(*inbox);
  ASSERT_EQ(t.take_or_park(signalled, never, got, signalled.why), slot::waited::parked);
  EXPECT_TRUE(signalled.interrupt());

  paper_waiter before(*inbox);
  EXPECT_FALSE(before.interrupt());
  EXPECT_EQ(t.take_or_park(before, world.now + 1s, got, before.why), slot::waited::ended);
  EXPECT_EQ(before.why, errc::interrupted);

  world.shared.most_waiting = 0;
  paper_waiter crowd(*inbox);
  EXPECT_EQ(t.take_or_park(crowd, world.now + 1s, got, crowd.why), slot::waited::ended);
  EXPECT_EQ(crowd.why, errc::too_many_waiting);
  world.shared.most_waiting = 10;

  paper_waiter one(*inbox), two(*inbox);
  ASSERT_EQ(t.take_or_park(one, never, got, one.why), slot::waited::parked);
  ASSERT_EQ(t.take_or_park(two, never, got, two.why), slot::waited::parked);
  inbox->unlink();
  for (const auto* each : {&one, &two}) {
    EXPECT_TRUE(each->ended) << "all who wait for copies, not only the first";
    EXPECT_FALSE(each->why);
  }
  EXPECT_TRUE(t.ready());

  paper_waiter after(*inbox);
  EXPECT_EQ(t.take_or_park(after, world.now + 1s, got, after.why), slot::waited::ended);
  EXPECT_FALSE(after.why);
  EXPECT_EQ(world.shared.waiting, 0U);
  EXPECT_EQ(world.timers.next(), never);
}

TEST_F(tail_test, a_copy_that_was_not_delivered_comes_first_again) {
  tail t(inbox, 2);
  for (const auto* text : {"a", "b", "c"}) post(text);
  auto got = t.take();
  EXPECT_EQ(got.m->text(), "b");
  t.give_back(std::move(got));
  EXPECT_EQ(next(t), "1 lost, b");
  EXPECT_EQ(next(t), "c");
}

TEST_F(tail_test, a_copy_that_was_not_delivered_goes_to_who_waits) {
  tail t(inbox);
  post("a");
  auto got = t.take();
  paper_waiter reader(*inbox);
  tail::copy_of nothing;
  ASSERT_EQ(t.take_or_park(reader, never, nothing, reader.why), slot::waited::parked);
  t.give_back(std::move(got));
  EXPECT_EQ(reader.endings, 1);
  EXPECT_EQ(reader.text(), "a");
}

TEST_F(tail_test, a_copy_that_was_not_delivered_tells_who_polls) {
  tail t(inbox);
  post("a");
  auto got = t.take();
  int fired = 0;
  inbox->tell(&fired, std::make_unique<counting_poller>(fired));
  t.give_back(std::move(got));
  EXPECT_EQ(fired, 1);
  EXPECT_TRUE(t.ready());
}

TEST_F(tail_test, a_copy_given_back_to_a_full_backlog_is_counted_as_lost) {
  tail t(inbox, 1);
  post("a");
  auto got = t.take();
  post("b");
  t.give_back(std::move(got));
  EXPECT_EQ(next(t), "1 lost, b");
}

TEST_F(tail_test, a_message_made_whole_or_taken_back_changes_the_copy_that_was_not_read) {
  tail t(inbox);
  const auto id = inbox->post(world.letter("he"), world.now).value();
  ASSERT_FALSE(inbox->replace(id, world.letter("hello")));
  EXPECT_EQ(next(t), "hello");
  const auto mistake = inbox->post(world.letter("mistake"), world.now).value();
  inbox->retract(mistake);
  EXPECT_EQ(next(t), slot_world::nothing);
}

TEST_F(tail_test, the_backlog_is_freed_with_its_reader) {
  {
    tail t(inbox);
    post("x");
    inbox->take(world.now);
    EXPECT_EQ(world.memory.used(), message::cost(1));
  }
  EXPECT_EQ(world.memory.used(), 0U);
}

}  // namespace
}  // namespace mailslot::test

// Reads that wait until exactly one thing ends them, and messages that come back: given back by a reader,
// taken back or replaced by a writer. Time moves by hand.
#include "fs/slot/slot.h"
#include "tests/support/paper_waiter.h"
#include "tests/support/slot_world.h"

#include <gtest/gtest.h>

namespace mailslot::test {
namespace {

class slot_waiting_test : public testing::Test {
 protected:
  slot_world world;
  moment& now = world.now;

  // Parks a read, or says what came first.
  slot::waited read(slot& from, paper_waiter& who, moment until = never) {
    return from.take_or_park(who, now, until, who.got, who.why);
  }
};

// --- reads that wait ---

TEST_F(slot_waiting_test, reads_that_wait_are_served_in_the_order_they_came) {
  const auto inbox = world.make_slot();
  paper_waiter first(*inbox), second(*inbox);
  ASSERT_EQ(read(*inbox, first), slot::waited::parked);
  ASSERT_EQ(read(*inbox, second), slot::waited::parked);
  EXPECT_EQ(inbox->count(now).waiting, 2U);
  world.post(*inbox, "a");
  EXPECT_EQ(first.text(), "a");
  EXPECT_EQ(second.endings, 0);
  world.post(*inbox, "b");
  EXPECT_EQ(second.text(), "b");
  EXPECT_EQ(first.endings, 1);
  const auto f = inbox->count(now);
  EXPECT_EQ(f.waiting, 0U);
  EXPECT_EQ(f.taken, 2U);
  EXPECT_EQ(f.count, 0U);
  EXPECT_EQ(world.shared.waiting, 0U);
}

TEST_F(slot_waiting_test, a_read_of_a_slot_with_messages_does_not_wait) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "here");
  paper_waiter reader(*inbox);
  EXPECT_EQ(read(*inbox, reader, now + 1s), slot::waited::took);
  EXPECT_EQ(reader.text(), "here");
  EXPECT_EQ(reader.endings, 0);
  EXPECT_EQ(world.timers.next(), never) << "no deadline is left";
}

TEST_F(slot_waiting_test, an_empty_message_passes_a_waiting_read_that_would_take_it_for_end_of_file) {
  const auto inbox = world.make_slot();
  paper_waiter reader(*inbox);
  ASSERT_EQ(read(*inbox, reader), slot::waited::parked);
  EXPECT_FALSE(world.post(*inbox, ""));
  EXPECT_EQ(reader.endings, 0);
  EXPECT_EQ(inbox->count(now).taken, 1U);
  EXPECT_EQ(inbox->count(now).count, 0U);
  world.post(*inbox, "real");
  EXPECT_EQ(reader.text(), "real");
}

TEST_F(slot_waiting_test, an_empty_message_reaches_a_waiting_read_that_wants_it) {
  const auto inbox = world.make_slot();
  paper_waiter reader(*inbox, true);
  ASSERT_EQ(read(*inbox, reader), slot::waited::parked);
  EXPECT_FALSE(world.post(*inbox, ""));
  EXPECT_EQ(reader.endings, 1);
  EXPECT_EQ(reader.text(), "");
}

TEST_F(slot_waiting_test, a_read_parks_after_it_skipped_the_empty_messages) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "");
  paper_waiter reader(*inbox);
  EXPECT_EQ(read(*inbox, reader), slot::waited::parked);
  EXPECT_EQ(inbox->count(now).count, 0U);
  world.post(*inbox, "letter");
  EXPECT_EQ(reader.text(), "letter");
}

TEST_F(slot_waiting_test, a_deadline_ends_one_read_and_leaves_the_others) {
  const auto inbox = world.make_slot();
  paper_waiter patient(*inbox), hasty(*inbox), endless(*inbox);
  ASSERT_EQ(read(*inbox, patient, now + 10s), slot::waited::parked);
  ASSERT_EQ(read(*inbox, hasty, now + 5s), slot::waited::parked);
  ASSERT_EQ(read(*inbox, endless), slot::waited::parked);
  world.pass(5s - 1ns);
  EXPECT_EQ(hasty.endings, 0);
  world.pass(1ns);
  EXPECT_TRUE(hasty.ended);
  EXPECT_EQ(hasty.why, errc::timed_out);
  EXPECT_EQ(patient.endings, 0);
  world.post(*inbox, "a");
  world.post(*inbox, "b");
  EXPECT_EQ(patient.text(), "a");
  EXPECT_EQ(endless.text(), "b");
  world.pass(1h);
  EXPECT_EQ(patient.endings, 1) << "its deadline went with it";
}

TEST_F(slot_waiting_test, a_deadline_that_has_passed_already_does_not_park) {
  const auto inbox = world.make_slot();
  paper_waiter reader(*inbox);
  // The clock of whoever fires is ahead of the one who reads.
  deadlines& timers = world.timers;
  timers.add(reader, now + 1s);
  timers.fire(now + 2s);
  EXPECT_EQ(reader.endings, 0);
  EXPECT_EQ(read(*inbox, reader, now + 1s), slot::waited::ended);
  EXPECT_EQ(reader.why, errc::timed_out);
  EXPECT_EQ(reader.endings, 0) << "the one who asked tells the reader";
  EXPECT_EQ(timers.next(), never);
}

TEST_F(slot_waiting_test, a_message_wins_over_a_deadline_that_passed_before_parking) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "just in time");
  paper_waiter reader(*inbox);
  world.timers.add(reader, now);
  world.timers.fire(now);
  EXPECT_EQ(read(*inbox, reader, now), slot::waited::took);
  EXPECT_EQ(reader.text(), "just in time");
}

TEST_F(slot_waiting_test, a_signal_ends_a_waiting_read_and_its_message_goes_to_the_next) {
  const auto inbox = world.make_slot();
  paper_waiter first(*inbox), second(*inbox);
  ASSERT_EQ(read(*inbox, first), slot::waited::parked);
  ASSERT_EQ(read(*inbox, second), slot::waited::parked);
  EXPECT_TRUE(first.interrupt()) << "the caller ends it";
  EXPECT_FALSE(first.interrupt()) << "only once";
  world.post(*inbox, "a");
  EXPECT_EQ(second.text(), "a");
  EXPECT_EQ(first.endings, 0);
  EXPECT_EQ(world.shared.waiting, 0U);
}

TEST_F(slot_waiting_test, a_signal_before_parking_is_remembered) {
  const auto inbox = world.make_slot();
  paper_waiter reader(*inbox);
  EXPECT_FALSE(reader.interrupt());
  EXPECT_EQ(read(*inbox, reader, now + 1s), slot::waited::ended);
  EXPECT_EQ(reader.why, errc::interrupted);
  EXPECT_EQ(inbox->count(now).waiting, 0U);
  EXPECT_EQ(world.timers.next(), never);
}

TEST_F(slot_waiting_test, a_signal_after_delivery_changes_nothing) {
  const auto inbox = world.make_slot();
  paper_waiter reader(*inbox);
  ASSERT_EQ(read(*inbox, reader), slot::waited::parked);
  world.post(*inbox, "got it");
  EXPECT_FALSE(reader.interrupt());
  EXPECT_EQ(reader.text(), "got it");
  EXPECT_EQ(reader.endings, 1);
}

TEST_F(slot_waiting_test, more_waiting_reads_than_the_bound_are_refused) {
  world.shared.most_waiting = 2;
  const auto inbox = world.make_slot();
  const auto other = world.make_slot();
  paper_waiter a(*inbox), b(*other), c(*inbox);
  EXPECT_EQ(read(*inbox, a), slot::waited::parked);
  EXPECT_EQ(read(*other, b), slot::waited::parked);
  EXPECT_EQ(read(*inbox, c, now + 1s), slot::waited::ended);
  EXPECT_EQ(c.why, errc::too_many_waiting);
  EXPECT_EQ(world.timers.next(), never);
  EXPECT_TRUE(a.interrupt());
  paper_waiter d(*inbox);
  EXPECT_EQ(read(*inbox, d), slot::waited::parked) << "there is room again";
}

TEST_F(slot_waiting_test, removal_ends_waiting_reads_and_later_ones_do_not_wait) {
  const auto inbox = world.make_slot();
  paper_waiter first(*inbox), second(*inbox);
  read(*inbox, first, now + 1h);
  read(*inbox, second);
  EXPECT_FALSE(inbox->unlinked());
  inbox->unlink();
  EXPECT_TRUE(inbox->unlinked());
  for (const auto* each : {&first, &second}) {
    EXPECT_TRUE(each->ended);
    EXPECT_FALSE(each->why) << "end of file, not an error";
    EXPECT_EQ(each->endings, 1);
  }
  EXPECT_FALSE(world.post(*inbox, "holders go on"));
  paper_waiter third(*inbox), fourth(*inbox);
  EXPECT_EQ(read(*inbox, third), slot::waited::took);
  EXPECT_EQ(read(*inbox, fourth), slot::waited::ended);
  EXPECT_FALSE(fourth.why);
}

// --- giving back and taking back ---

TEST_F(slot_waiting_test, what_is_given_back_is_the_next_to_be_taken) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"a", "b"}) world.post(*inbox, text);
  inbox->give_back(inbox->take(now));
  EXPECT_EQ(inbox->count(now).taken, 0U);
  EXPECT_EQ(inbox->count(now).posted, 2U);
  EXPECT_EQ(world.take(*inbox), "a");
  EXPECT_EQ(world.take(*inbox), "b");
}

TEST_F(slot_waiting_test, messages_given_back_in_any_order_keep_the_order_they_were_posted_in) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"a", "b", "c", "d"}) world.post(*inbox, text);
  auto a = inbox->take(now);
  auto b = inbox->take(now);
  auto c = inbox->take(now);
  inbox->give_back(std::move(b));
  inbox->give_back(std::move(a));
  inbox->give_back(std::move(c));
  EXPECT_EQ(inbox->count(now).bytes, 4U);
  for (const auto* text : {"a", "b", "c", "d"}) EXPECT_EQ(world.take(*inbox), text);
  world.post(*inbox, "e");
  EXPECT_EQ(world.take(*inbox), "e") << "the tail of the queue is right as well";
}

TEST_F(slot_waiting_test, what_is_given_back_goes_to_a_read_that_waits) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "a");
  auto taken = inbox->take(now);
  paper_waiter reader(*inbox);
  ASSERT_EQ(read(*inbox, reader), slot::waited::parked);
  inbox->give_back(std::move(taken));
  EXPECT_EQ(reader.text(), "a");
  EXPECT_EQ(inbox->count(now).taken, 1U);
  EXPECT_EQ(inbox->count(now).count, 0U);
}

TEST_F(slot_waiting_test, what_is_given_back_to_a_full_slot_is_not_lost) {
  const auto inbox = world.make_slot({.max_messages = 1});
  world.post(*inbox, "a");
  auto taken = inbox->take(now);
  world.post(*inbox, "b");
  inbox->give_back(std::move(taken));
  EXPECT_EQ(inbox->count(now).count, 2U);
  EXPECT_EQ(world.post(*inbox, "c"), errc::slot_full);
}

TEST_F(slot_waiting_test, what_is_given_back_too_late_expires) {
  const auto inbox = world.make_slot({.ttl = 10s});
  world.post(*inbox, "a");
  auto taken = inbox->take(now);
  world.pass(9s);
  inbox->give_back(std::move(taken));
  EXPECT_EQ(world.timers.next(), moment{12h + 10s});
  world.pass(1s);
  EXPECT_EQ(inbox->count(now).expired, 1U);
  EXPECT_EQ(world.memory.used(), 0U);
}

// Readers of a mount that was aborted: each gives back what it is handed, from within deliver().
class dead_reader final : public waiter {
 public:
  explicit dead_reader(slot& at) : waiter(at, false), at_(at) {}
  void deliver(message_ref m) noexcept override { at_.give_back(std::move(m)); }
  void end(std::error_code) noexcept override {}

 private:
  slot& at_;
};

TEST_F(slot_waiting_test, a_message_survives_a_hundred_thousand_readers_that_are_gone) {
  const auto inbox = world.make_slot();
  std::vector<std::unique_ptr<dead_reader>> readers;
  for (int i = 0; i != 100'000; ++i) {
    message_ref got;
    std::error_code why;
    readers.push_back(std::make_unique<dead_reader>(*inbox));
    ASSERT_EQ(inbox->take_or_park(*readers.back(), now, never, got, why), slot::waited::parked);
  }
  world.post(*inbox, "still here");
  EXPECT_EQ(inbox->count(now).waiting, 0U);
  EXPECT_EQ(inbox->count(now).taken, 0U);
  EXPECT_EQ(world.take(*inbox), "still here");
}

TEST_F(slot_waiting_test, a_message_can_be_taken_back_as_if_it_had_never_been_posted) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "a");
  const auto id = inbox->post(world.letter("mistake"), now).value();
  world.post(*inbox, "c");
  EXPECT_EQ(inbox->find(id)->text(), "mistake");
  EXPECT_EQ(inbox->retract(id)->text(), "mistake");
  EXPECT_FALSE(inbox->find(id));
  EXPECT_FALSE(inbox->retract(id)) << "only once";
  EXPECT_EQ(inbox->count(now).posted, 2U);
  EXPECT_EQ(inbox->count(now).count, 2U);
  EXPECT_EQ(inbox->count(now).bytes, 2U);
  EXPECT_EQ(world.take(*inbox), "a");
  EXPECT_EQ(world.take(*inbox), "c");
}

TEST_F(slot_waiting_test, a_message_that_a_reader_has_cannot_be_taken_back_or_replaced) {
  const auto inbox = world.make_slot();
  const auto id = inbox->post(world.letter("a"), now).value();
  world.take(*inbox);
  EXPECT_FALSE(inbox->find(id));
  EXPECT_FALSE(inbox->retract(id));
  EXPECT_EQ(inbox->replace(id, world.letter("b")), errc::stale);
  EXPECT_EQ(inbox->count(now).posted, 1U);
}

TEST_F(slot_waiting_test, a_replaced_message_keeps_its_place_its_id_and_its_time) {
  const auto inbox = world.make_slot();
  const auto id = inbox->post(world.letter("he"), now).value();
  world.pass(1s);
  world.post(*inbox, "later");
  EXPECT_FALSE(inbox->replace(id, world.letter("hello")));
  EXPECT_EQ(inbox->count(now).bytes, 10U);
  EXPECT_EQ(inbox->count(now).count, 2U);
  const auto m = inbox->take(now);
  EXPECT_EQ(m->text(), "hello");
  EXPECT_EQ(m->id(), id);
  EXPECT_EQ(m->time(), moment{12h});
  EXPECT_EQ(world.take(*inbox), "later");
}

TEST_F(slot_waiting_test, the_last_message_can_be_replaced_and_the_queue_goes_on) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "a");
  const auto id = inbox->post(world.letter("b"), now).value();
  EXPECT_FALSE(inbox->replace(id, world.letter("B")));
  world.post(*inbox, "c");
  for (const auto* text : {"a", "B", "c"}) EXPECT_EQ(world.take(*inbox), text);
}

TEST_F(slot_waiting_test, a_replacement_obeys_the_limits) {
  const auto inbox = world.make_slot({.max_bytes = 8, .max_message_size = 6});
  const auto id = inbox->post(world.letter("abcd"), now).value();
  world.post(*inbox, "efg");
  EXPECT_EQ(inbox->replace(id, world.letter("abcdefg")), errc::message_too_long);
  EXPECT_EQ(inbox->replace(id, world.letter("abcdef")), errc::slot_full);
  EXPECT_FALSE(inbox->replace(id, world.letter("abcde")));
  EXPECT_EQ(world.take(*inbox), "abcde");
}

}  // namespace
}  // namespace mailslot::test

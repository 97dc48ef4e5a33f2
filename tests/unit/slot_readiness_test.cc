// Who is at a slot: readers and writers, the end of a slot with the lifetime of its handle, and pollers that
// are told of every change that could matter.
#include "fs/slot/slot.h"
#include "tests/support/counting_poller.h"
#include "tests/support/paper_waiter.h"
#include "tests/support/slot_world.h"

#include <gtest/gtest.h>

namespace mailslot::test {
namespace {

class slot_readiness_test : public testing::Test {
 protected:
  slot_world world;
  moment& now = world.now;
};

// --- readers, writers and the end of a slot ---

TEST_F(slot_readiness_test, readers_and_writers_are_counted) {
  const auto inbox = world.make_slot();
  EXPECT_FALSE(inbox->add_reader());
  EXPECT_FALSE(inbox->add_reader());
  inbox->add_writer();
  EXPECT_EQ(inbox->count(now).readers, 2U);
  EXPECT_EQ(inbox->count(now).writers, 1U);
  EXPECT_FALSE(inbox->drop_reader());
  inbox->drop_writer();
  EXPECT_EQ(inbox->count(now).readers, 1U);
  EXPECT_EQ(inbox->count(now).writers, 0U);
}

TEST_F(slot_readiness_test, an_exclusive_slot_has_one_reader_at_a_time) {
  const auto inbox = world.make_slot({.exclusive = true});
  EXPECT_FALSE(inbox->add_reader());
  EXPECT_EQ(inbox->add_reader(), errc::slot_busy);
  inbox->drop_reader();
  EXPECT_FALSE(inbox->add_reader());
}

TEST_F(slot_readiness_test, a_reader_who_wants_to_be_alone_is_refused_where_somebody_reads) {
  const auto inbox = world.make_slot();
  EXPECT_FALSE(inbox->add_reader());
  EXPECT_EQ(inbox->add_reader(true), errc::slot_busy);
  inbox->drop_reader();
  EXPECT_FALSE(inbox->add_reader(true));
}

TEST_F(slot_readiness_test, a_slot_with_the_lifetime_of_its_handle_goes_with_the_last_reader) {
  const auto inbox = world.make_slot({.handle_lifetime = true});
  EXPECT_FALSE(world.post(*inbox, "before any reader came"));
  inbox->add_reader();
  inbox->add_reader();
  inbox->add_writer();
  EXPECT_FALSE(inbox->drop_reader()) << "one reads on";
  EXPECT_FALSE(world.post(*inbox, "still open"));
  EXPECT_TRUE(inbox->drop_reader());
  EXPECT_EQ(world.post(*inbox, "too late"), errc::slot_closed);
  EXPECT_EQ(inbox->add_reader(), errc::slot_closed);
  EXPECT_TRUE(inbox->unlinked());
  EXPECT_TRUE(inbox->ready(now).closed);
  EXPECT_EQ(inbox->count(now).count, 0U);
  EXPECT_EQ(world.memory.used(), 0U);
}

TEST_F(slot_readiness_test, what_is_given_back_to_a_closed_slot_goes_with_it) {
  const auto inbox = world.make_slot({.handle_lifetime = true});
  inbox->add_reader();
  world.post(*inbox, "a");
  auto taken = inbox->take(now);
  EXPECT_TRUE(inbox->drop_reader());
  inbox->give_back(std::move(taken));
  EXPECT_EQ(inbox->count(now).count, 0U);
  EXPECT_EQ(world.memory.used(), 0U);
}

TEST_F(slot_readiness_test, an_ordinary_slot_outlives_its_readers) {
  const auto inbox = world.make_slot();
  inbox->add_reader();
  EXPECT_FALSE(inbox->drop_reader());
  EXPECT_FALSE(world.post(*inbox, "for the next reader"));
}

// --- readiness ---

TEST_F(slot_readiness_test, a_slot_is_readable_when_a_message_waits_and_writable_when_there_is_room) {
  const auto inbox = world.make_slot({.max_messages = 1});
  EXPECT_FALSE(inbox->ready(now).readable);
  EXPECT_TRUE(inbox->ready(now).writable);
  world.post(*inbox, "a");
  EXPECT_TRUE(inbox->ready(now).readable);
  EXPECT_FALSE(inbox->ready(now).writable);
  EXPECT_FALSE(inbox->ready(now).closed);
}

TEST_F(slot_readiness_test, a_slot_that_drops_is_always_writable) {
  for (const auto policy : {full_policy::drop_newest, full_policy::drop_oldest}) {
    const auto inbox = world.make_slot({.max_messages = 1, .full = policy});
    world.post(*inbox, "a");
    EXPECT_TRUE(inbox->ready(now).writable);
  }
}

TEST_F(slot_readiness_test, a_removed_slot_is_readable_since_a_read_ends_at_once) {
  const auto inbox = world.make_slot();
  inbox->unlink();
  EXPECT_TRUE(inbox->ready(now).readable);
}

TEST_F(slot_readiness_test, every_change_that_could_matter_tells_a_poller_once) {
  struct story {
    const char* name;
    void (*change)(slot_world&, slot&);
  };
  const story stories[] = {
      {"a message came", [](slot_world& w, slot& s) { w.post(s, "x"); }},
      {"a message was taken", [](slot_world& w, slot& s) { w.take(s); }},
      {"messages were taken together",
       [](slot_world& w, slot& s) {
         message_queue into;
         s.take_while(w.now, [](const message&) { return true; }, into);
       }},
      {"a read that could have waited took one",
       [](slot_world& w, slot& s) {
         paper_waiter reader(s);
         std::error_code why;
         s.take_or_park(reader, w.now, never, reader.got, why);
       }},
      {"messages were purged", [](slot_world&, slot& s) { s.purge(); }},
      {"a message was retracted", [](slot_world& w, slot& s) { s.retract(w.shared.last_id); }},
      {"a message expired and a timer said so", [](slot_world& w, slot&) { w.pass(10s); }},
      {"a message expired and somebody looked",
       [](slot_world& w, slot& s) {
         w.now += 10s;
         s.count(w.now);
       }},
      {"a limit was raised",
       [](slot_world& w, slot& s) {
         auto more = s.current_settings();
         more.max_messages = 100;
         s.change(more, w.now);
       }},
      {"the slot was removed", [](slot_world&, slot& s) { s.unlink(); }},
  };
  for (const auto& each : stories) {
    slot_world w;
    const auto s = w.make_slot({.ttl = 10s, .max_messages = 2});
    w.post(*s, "already here");
    int fired = 0;
    const int key = 0;
    s->tell(&key, std::make_unique<counting_poller>(fired));
    EXPECT_EQ(fired, 0) << each.name;
    each.change(w, *s);
    EXPECT_EQ(fired, 1) << each.name;
    w.post(*s, "another");
    w.take(*s);
    EXPECT_EQ(fired, 1) << each.name << ": it asked once";
  }
}

TEST_F(slot_readiness_test, a_message_given_back_tells_a_poller) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "a");
  auto taken = inbox->take(now);
  int fired = 0;
  inbox->tell(&fired, std::make_unique<counting_poller>(fired));
  inbox->give_back(std::move(taken));
  EXPECT_EQ(fired, 1);
}

TEST_F(slot_readiness_test, a_poller_that_asks_again_is_told_once_and_one_that_left_never) {
  const auto inbox = world.make_slot();
  int first = 0, again = 0, left = 0, other = 0;
  inbox->tell(&first, std::make_unique<counting_poller>(first));
  inbox->tell(&first, std::make_unique<counting_poller>(again));
  inbox->tell(&left, std::make_unique<counting_poller>(left));
  inbox->tell(&other, std::make_unique<counting_poller>(other));
  inbox->forget(&left);
  world.post(*inbox, "x");
  EXPECT_EQ(first, 0);
  EXPECT_EQ(again, 1);
  EXPECT_EQ(left, 0);
  EXPECT_EQ(other, 1);
}

}  // namespace
}  // namespace mailslot::test

// What a slot promises to those who post and take: whole messages in order, to exactly one reader each,
// limits with their policies, and what becomes too old. Time moves by hand.
#include "fs/slot/slot.h"

#include "tests/support/paper_waiter.h"
#include "tests/support/slot_world.h"

#include <gtest/gtest.h>

#include <new>

namespace mailslot::test {
namespace {

class slot_test : public testing::Test {
 protected:
  slot_world world;
  moment& now = world.now;

  // Parks a read, or says what came first.
  slot::waited read(slot& from, paper_waiter& who, moment until = never) {
    return from.take_or_park(who, now, until, who.got, who.why);
  }
};

// --- posting and taking ---

TEST_F(slot_test, messages_come_out_in_the_order_they_went_in) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"one", "two", "three"}) EXPECT_FALSE(world.post(*inbox, text));
  EXPECT_EQ(world.take(*inbox), "one");
  EXPECT_EQ(world.take(*inbox), "two");
  EXPECT_EQ(world.take(*inbox), "three");
  EXPECT_EQ(world.take(*inbox), slot_world::nothing);
}

TEST_F(slot_test, ids_grow_across_all_slots_and_the_time_is_that_of_the_post) {
  const auto a = world.make_slot();
  const auto b = world.make_slot();
  const auto first = a->post(world.letter("x"), now).value();
  world.pass(1s);
  const auto second = b->post(world.letter("y"), now).value();
  EXPECT_LT(first, second);
  EXPECT_EQ(b->take(now)->time(), moment{12h + 1s});
}

TEST_F(slot_test, a_message_remembers_who_sent_it) {
  const auto inbox = world.make_slot();
  ASSERT_TRUE(inbox->post(world.letter("hi", {.uid = 7, .gid = 8, .pid = 9}), now));
  const auto m = inbox->take(now);
  EXPECT_EQ(m->uid(), 7U);
  EXPECT_EQ(m->gid(), 8U);
  EXPECT_EQ(m->pid(), 9);
  EXPECT_EQ(m->from(), nullptr);
}

TEST_F(slot_test, figures_tell_what_waits_and_what_happened) {
  const auto inbox = world.make_slot();
  EXPECT_EQ(inbox->count(now).next_size, -1);
  world.post(*inbox, "four");
  world.pass(1min);
  world.post(*inbox, "seventy");
  world.pass(1min);
  auto f = inbox->count(now);
  EXPECT_EQ(f.count, 2U);
  EXPECT_EQ(f.bytes, 11U);
  EXPECT_EQ(f.next_size, 4);
  EXPECT_EQ(f.oldest, moment{12h});
  EXPECT_EQ(f.created, moment{12h});
  EXPECT_EQ(f.last_in, moment{12h + 1min});
  EXPECT_EQ(f.last_out, moment{12h});
  EXPECT_EQ(f.posted, 2U);
  EXPECT_EQ(f.taken, 0U);
  world.take(*inbox);
  f = inbox->count(now);
  EXPECT_EQ(f.taken, 1U);
  EXPECT_EQ(f.count, 1U);
  EXPECT_EQ(f.bytes, 7U);
  EXPECT_EQ(f.last_out, moment{12h + 2min});
  EXPECT_EQ(world.shared.posted, 2U);
  EXPECT_EQ(world.shared.taken, 1U);
}

TEST_F(slot_test, the_next_size_of_an_empty_message_is_zero) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "");
  EXPECT_EQ(inbox->count(now).next_size, 0);
  EXPECT_EQ(inbox->count(now).count, 1U);
}

TEST_F(slot_test, readers_that_skip_empty_messages_take_them_out) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"", "", "letter", ""}) world.post(*inbox, text);
  const auto m = inbox->take(now, false);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->text(), "letter");
  EXPECT_EQ(inbox->count(now).taken, 3U);
  EXPECT_FALSE(inbox->take(now, false));
  EXPECT_EQ(inbox->count(now).taken, 4U);
  EXPECT_EQ(inbox->count(now).count, 0U);
}

TEST_F(slot_test, readers_that_want_empty_messages_get_them) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "");
  EXPECT_EQ(world.take(*inbox), "");
}

TEST_F(slot_test, many_are_posted_in_one_step_until_one_is_refused) {
  const auto inbox = world.make_slot({.max_message_size = 3, .max_messages = 5});
  const auto batch_of = [&](std::initializer_list<const char*> all) {
    auto batch = std::make_unique<message_queue>();
    for (const auto* text : all) batch->push_back(world.letter(text));
    return batch;
  };
  auto batch = batch_of({"aa", "bb"});
  const auto [none, last] = inbox->post(*batch, now);
  EXPECT_FALSE(none);
  EXPECT_TRUE(batch->empty());
  EXPECT_EQ(inbox->find(last)->text(), "bb");
  EXPECT_EQ(inbox->find(last)->time(), now);
  EXPECT_EQ(inbox->find(last - 1)->text(), "aa");
  batch = batch_of({"cc", "long", "ee"});
  EXPECT_EQ(inbox->post(*batch, now).refused, errc::message_too_long);
  EXPECT_EQ(batch->count(), 2U);
  batch = batch_of({"dd", "ee", "ff"});
  EXPECT_EQ(inbox->post(*batch, now).refused, errc::slot_full);
  EXPECT_EQ(batch->front()->text(), "ff");
  EXPECT_EQ(inbox->count(now).posted, 5U);
  EXPECT_EQ(inbox->count(now).bytes, 10U);
  for (const auto* text : {"aa", "bb", "cc", "dd", "ee"}) EXPECT_EQ(world.take(*inbox), text);
}

TEST_F(slot_test, as_many_messages_as_fit_are_taken_in_one_step) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"aa", "bb", "cc"}) world.post(*inbox, text);
  message_queue into;
  std::size_t room = 5;
  inbox->take_while(
      now,
      [&room](const message& m) {
        if (m.size() > room) return false;
        room -= m.size();
        return true;
      },
      into);
  ASSERT_EQ(into.count(), 2U);
  EXPECT_EQ(into.pop()->text(), "aa");
  EXPECT_EQ(into.pop()->text(), "bb");
  EXPECT_EQ(world.take(*inbox), "cc");
}

TEST_F(slot_test, what_was_taken_before_memory_ran_out_counts_as_taken) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"aa", "bb", "cc"}) world.post(*inbox, text);
  int left = 1;
  const auto fits = [&left](const message&) { return left-- > 0 ? true : throw std::bad_alloc(); };
  message_queue into;
  inbox->take_while(now, fits, into);
  EXPECT_EQ(into.count(), 1U);
  EXPECT_EQ(inbox->count(now).taken, 1U);
  EXPECT_THROW(inbox->take_while(now, fits, into), std::bad_alloc);
  inbox->give_back(into);
  EXPECT_EQ(inbox->count(now).taken, 0U);
  EXPECT_EQ(inbox->count(now).count, 3U);
}

TEST_F(slot_test, a_look_shares_the_messages_and_takes_none) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"first", "second"}) world.post(*inbox, text);
  const auto seen = inbox->snapshot(now);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0]->text(), "first");
  EXPECT_EQ(seen[1]->text(), "second");
  EXPECT_EQ(inbox->count(now).count, 2U);
  EXPECT_EQ(inbox->count(now).taken, 0U);
  EXPECT_EQ(inbox->take(now), seen[0]);
}

TEST_F(slot_test, purging_drops_everything_and_counts_it) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"a", "b", "c"}) world.post(*inbox, text);
  EXPECT_EQ(inbox->purge(), 3U);
  const auto f = inbox->count(now);
  EXPECT_EQ(f.count, 0U);
  EXPECT_EQ(f.bytes, 0U);
  EXPECT_EQ(f.dropped, 3U);
  EXPECT_EQ(world.shared.dropped, 3U);
  EXPECT_EQ(world.memory.used(), 0U);
}

TEST_F(slot_test, stat_shows_what_utimens_said_until_the_next_message) {
  const auto inbox = world.make_slot();
  inbox->touch(moment{1h}, never);
  EXPECT_EQ(inbox->count(now).last_in, moment{1h});
  EXPECT_EQ(inbox->count(now).last_out, moment{12h});
  inbox->touch(never, moment{2h});
  EXPECT_EQ(inbox->count(now).last_out, moment{2h});
  world.post(*inbox, "x");
  EXPECT_EQ(inbox->count(now).last_in, moment{12h});
}

// --- limits and what happens when they are reached ---

TEST_F(slot_test, a_message_over_the_limit_of_the_slot_is_refused_and_one_at_the_limit_is_not) {
  const auto inbox = world.make_slot({.max_message_size = 5});
  EXPECT_EQ(world.post(*inbox, "123456"), errc::message_too_long);
  EXPECT_FALSE(world.post(*inbox, "12345"));
  EXPECT_EQ(inbox->count(now).count, 1U);
  EXPECT_EQ(inbox->count(now).posted, 1U);
  EXPECT_EQ(world.shared.refused, 1U);
}

TEST_F(slot_test, a_message_that_could_never_fit_is_too_long_and_not_a_matter_of_waiting) {
  for (const auto policy : {full_policy::reject, full_policy::drop_oldest, full_policy::drop_newest}) {
    const auto inbox = world.make_slot({.max_bytes = 4, .full = policy});
    world.post(*inbox, "abc");
    EXPECT_EQ(world.post(*inbox, "12345"), errc::message_too_long);
    EXPECT_EQ(world.take(*inbox), "abc") << "a refused message must not cost one that waits";
  }
}

TEST_F(slot_test, a_full_slot_refuses_by_count) {
  const auto inbox = world.make_slot({.max_messages = 2});
  EXPECT_FALSE(world.post(*inbox, "1"));
  EXPECT_FALSE(world.post(*inbox, "2"));
  EXPECT_EQ(world.post(*inbox, "3"), errc::slot_full);
  EXPECT_EQ(world.take(*inbox), "1");
  EXPECT_FALSE(world.post(*inbox, "4"));
  EXPECT_EQ(world.take(*inbox), "2");
  EXPECT_EQ(world.take(*inbox), "4");
}

TEST_F(slot_test, a_full_slot_refuses_by_bytes) {
  const auto inbox = world.make_slot({.max_bytes = 10});
  EXPECT_FALSE(world.post(*inbox, "123456"));
  EXPECT_EQ(world.post(*inbox, "12345"), errc::slot_full);
  EXPECT_FALSE(world.post(*inbox, "1234")) << "what fits is taken even after a refusal";
}

TEST_F(slot_test, drop_oldest_makes_room_for_the_new_one) {
  const auto inbox = world.make_slot({.max_bytes = 10, .full = full_policy::drop_oldest});
  for (const auto* text : {"aaaa", "bbbb", "cc"}) EXPECT_FALSE(world.post(*inbox, text));
  EXPECT_FALSE(world.post(*inbox, "ddddd"));
  EXPECT_EQ(inbox->count(now).dropped, 2U) << "no more than are in the way";
  EXPECT_EQ(world.take(*inbox), "cc");
  EXPECT_EQ(world.take(*inbox), "ddddd");
  EXPECT_EQ(inbox->count(now).taken, 2U);
}

TEST_F(slot_test, drop_newest_accepts_and_throws_away) {
  const auto inbox = world.make_slot({.max_messages = 1, .full = full_policy::drop_newest});
  EXPECT_FALSE(world.post(*inbox, "kept"));
  EXPECT_FALSE(world.post(*inbox, "lost"));
  const auto f = inbox->count(now);
  EXPECT_EQ(f.posted, 2U);
  EXPECT_EQ(f.dropped, 1U);
  EXPECT_EQ(f.count, 1U);
  EXPECT_EQ(world.take(*inbox), "kept");
  EXPECT_EQ(world.take(*inbox), slot_world::nothing);
}

TEST_F(slot_test, somebody_who_waits_gets_the_message_whatever_the_limits_on_waiting_say) {
  const auto inbox = world.make_slot({.max_messages = 0});
  EXPECT_EQ(world.post(*inbox, "nobody is here"), errc::slot_full);
  paper_waiter reader(*inbox);
  ASSERT_EQ(read(*inbox, reader), slot::waited::parked);
  EXPECT_FALSE(world.post(*inbox, "straight into the hands"));
  EXPECT_EQ(reader.text(), "straight into the hands");
}

TEST_F(slot_test, lowering_a_bound_drops_nothing) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"a", "b", "c"}) world.post(*inbox, text);
  inbox->change({.max_message_size = 1, .max_messages = 1}, now);
  EXPECT_EQ(inbox->count(now).count, 3U);
  EXPECT_EQ(world.post(*inbox, "d"), errc::slot_full);
  EXPECT_EQ(inbox->current_settings().max_messages, 1U);
}

// --- ttl ---

TEST_F(slot_test, a_message_older_than_the_ttl_is_gone_and_counted) {
  const auto inbox = world.make_slot({.ttl = 10s});
  world.post(*inbox, "stale");
  world.pass(6s);
  world.post(*inbox, "fresh");
  now += 4s;  // without the timers: whoever looks must not see it either
  EXPECT_EQ(world.take(*inbox), "fresh");
  EXPECT_EQ(inbox->count(now).expired, 1U);
  EXPECT_EQ(world.shared.expired, 1U);
}

TEST_F(slot_test, a_message_expires_and_its_memory_is_free_though_nobody_looks) {
  const auto inbox = world.make_slot({.ttl = 10s});
  world.post(*inbox, "first");
  world.pass(5s);
  world.post(*inbox, "second");
  EXPECT_EQ(world.timers.next(), moment{12h + 10s});
  world.pass(5s);
  EXPECT_EQ(world.memory.used(), message::cost(6));
  EXPECT_EQ(world.timers.next(), moment{12h + 15s});
  world.pass(5s);
  EXPECT_EQ(world.memory.used(), 0U);
  EXPECT_EQ(world.timers.next(), never);
}

TEST_F(slot_test, expired_messages_do_not_fill_a_slot) {
  const auto inbox = world.make_slot({.ttl = 10s, .max_messages = 1});
  world.post(*inbox, "old");
  now += 10s;
  EXPECT_FALSE(world.post(*inbox, "new"));
  EXPECT_EQ(world.take(*inbox), "new");
}

TEST_F(slot_test, a_ttl_that_is_set_later_counts_for_what_waits_already) {
  const auto inbox = world.make_slot();
  world.post(*inbox, "a");
  world.pass(1h);
  world.post(*inbox, "b");
  inbox->change({.ttl = 30min}, now);
  EXPECT_EQ(inbox->count(now).count, 1U);
  world.pass(30min);
  EXPECT_EQ(world.memory.used(), 0U);
  EXPECT_EQ(inbox->count(now).expired, 2U);
}

TEST_F(slot_test, a_ttl_at_the_end_of_time_never_comes) {
  const auto inbox = world.make_slot({.ttl = forever});
  world.post(*inbox, "for ever");
  EXPECT_EQ(world.timers.next(), never);
  world.pass(24h * 365 * 100);
  EXPECT_EQ(world.take(*inbox), "for ever");
}

}  // namespace
}  // namespace mailslot::test

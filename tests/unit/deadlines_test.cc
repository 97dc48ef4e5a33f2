// The order in which things come due, and who is told that the next one came closer.
#include "fs/slot/deadlines.h"

#include "tests/support/paper_waiter.h"
#include "tests/support/slot_world.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace mailslot::test {
namespace {

constexpr moment at(duration t) {
  return moment{t};
}

// Writes its name down when it is due, and may want to come again.
class alarm final : public timed {
 public:
  alarm(std::string& log, char name, moment again = never) : log_(log), name_(name), again_(again) {}
  moment due(moment, overdue&) override {
    log_ += name_;
    return std::exchange(again_, never);
  }

 private:
  std::string& log_;
  char name_;
  moment again_;
};

TEST(deadlines_test, what_is_due_comes_in_order_of_time) {
  deadlines timers;
  std::string log;
  alarm a(log, 'a'), b(log, 'b'), c(log, 'c');
  timers.add(c, at(3s));
  timers.add(a, at(1s));
  timers.add(b, at(2s));
  EXPECT_EQ(timers.next(), at(1s));
  EXPECT_EQ(timers.fire(at(2s)), at(3s));
  EXPECT_EQ(log, "ab");
  EXPECT_EQ(timers.fire(at(3s)), never);
  EXPECT_EQ(log, "abc");
  timers.fire(at(1h));
  EXPECT_EQ(log, "abc");
}

TEST(deadlines_test, several_may_be_due_at_the_same_moment) {
  deadlines timers;
  std::string log;
  alarm a(log, 'x'), b(log, 'x');
  timers.add(a, at(1s));
  timers.add(b, at(1s));
  timers.fire(at(1s));
  EXPECT_EQ(log, "xx");
}

TEST(deadlines_test, a_deadline_is_replaced_and_removed) {
  deadlines timers;
  std::string log;
  alarm a(log, 'a'), b(log, 'b'), c(log, 'c');
  timers.add(a, at(1s));
  timers.add(a, at(5s));
  timers.add(b, at(2s));
  timers.add(c, at(3s));
  timers.remove(b);
  timers.remove(b);
  timers.add(c, never);
  EXPECT_EQ(timers.fire(at(4s)), at(5s));
  EXPECT_EQ(log, "");
  timers.fire(at(5s));
  EXPECT_EQ(log, "a");
}

TEST(deadlines_test, who_wants_to_come_again_does) {
  deadlines timers;
  std::string log;
  alarm a(log, 'a', at(7s));
  timers.add(a, at(1s));
  EXPECT_EQ(timers.fire(at(2s)), at(7s));
  EXPECT_EQ(timers.fire(at(7s)), never);
  EXPECT_EQ(log, "aa");
}

TEST(deadlines_test, who_wants_to_come_again_in_the_past_does_so_at_once) {
  deadlines timers;
  std::string log;
  alarm a(log, 'a', at(2s));
  timers.add(a, at(1s));
  EXPECT_EQ(timers.fire(at(3s)), never);
  EXPECT_EQ(log, "aa");
}

TEST(deadlines_test, only_an_earlier_deadline_wakes_whoever_has_the_clock) {
  std::vector<moment> told;
  deadlines timers([&told](moment when) { told.push_back(when); });
  std::string log;
  alarm a(log, 'a'), b(log, 'b'), c(log, 'c');
  timers.add(a, at(10s));
  timers.add(b, at(20s));
  timers.add(c, at(5s));
  timers.add(c, never);
  EXPECT_EQ(told, (std::vector{at(10s), at(5s)}));
}

TEST(deadlines_test, the_one_who_is_told_may_ask_for_the_next_deadline) {
  deadlines* asked = nullptr;
  moment next = never;
  deadlines timers([&](moment) { next = asked->next(); });
  asked = &timers;
  std::string log;
  alarm a(log, 'a');
  timers.add(a, at(10s));
  EXPECT_EQ(next, at(10s));
}

TEST(deadlines_test, a_date_beyond_the_end_of_time_is_never) {
  EXPECT_EQ(after(at(1s), forever), never);
  EXPECT_EQ(after(at(1s), never - at(1s)), never);
  EXPECT_EQ(after(at(1s), 2s), at(3s));
}

// Deadlines and messages race for the same reads. Whoever wins, each read ends once and each message is
// either delivered or still there.
TEST(deadlines_test, a_deadline_that_races_with_a_message_ends_a_read_once) {
  constexpr int rounds = 2000;
  slot_world world;
  const auto inbox = world.make_slot();
  const auto start = world.now;
  for (int i = 0; i != rounds; ++i) {
    paper_waiter reader(*inbox);
    const auto parked = inbox->take_or_park(reader, start, start + 1s, reader.got, reader.why);
    ASSERT_EQ(parked, slot::waited::parked);
    std::thread clock([&] { world.timers.fire(start + 1s); });
    inbox->post(world.letter("x"), start).value();
    clock.join();
    ASSERT_EQ(reader.endings, 1);
    ASSERT_NE(reader.got != nullptr, reader.ended);
    ASSERT_EQ(inbox->count(start).count, reader.ended ? 1U : 0U);
    inbox->take(start);
  }
  EXPECT_EQ(world.shared.waiting, 0U);
  EXPECT_EQ(world.timers.next(), never);
}

}  // namespace
}  // namespace mailslot::test

// When the thread of a ring lets everybody else go first; and whether a thread can.
#include "fs/fuse/scheduling.h"
#include "fs/fuse/uring_courtesy.h"
#include "tests/support/eventually.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace mailslot::test {
namespace {

using namespace std::chrono_literals;

struct courtesy : testing::Test {
  uring_courtesy ring;
  uring_courtesy::clock::time_point now{1h};

  // True: it began with one of them.
  bool come(unsigned requests, uring_courtesy::clock::duration apart) {
    for (unsigned i = 0; i < requests; ++i) {
      now += apart;
      if (ring.handled() && ring.wants_to_begin(now)) {
        ring.begin(now);
        return true;
      }
    }
    return false;
  }
  void begin() { ASSERT_TRUE(come(2 * uring_courtesy::many, 10us)); }
  // The thread was woken for its beat `late`, and had run for `ran`.
  bool beat(uring_courtesy::clock::duration late, uring_courtesy::beat_facts with = alone) {
    now = ring.due() + late;
    return ring.beats(now, with);
  }
  static constexpr uring_courtesy::beat_facts alone{
      .ran = 0us, .request_came = true, .processor_is_idle = true};
  void be_kept_waiting() {
    begin();
    come(100, 10us);
    ASSERT_FALSE(beat(uring_courtesy::tolerable + 1us));
  }
  // How long it does not begin, though requests come fast.
  uring_courtesy::clock::duration pause() {
    const auto from = now;
    while (!come(uring_courtesy::many, 10us) && now - from < 2 * uring_courtesy::longest_pause) {
    }
    return now - from;
  }
};

TEST_F(courtesy, begins_when_requests_come_fast) {
  EXPECT_FALSE(come(1000, 1ms));
  EXPECT_FALSE(ring.is_on());
  EXPECT_TRUE(come(2 * uring_courtesy::many, 100us));
  EXPECT_TRUE(ring.is_on());
  EXPECT_EQ(ring.due(), now + uring_courtesy::beat);
  EXPECT_EQ(ring.begun(), 1U);
}

TEST_F(courtesy, goes_on_from_beat_to_beat_while_requests_come) {
  begin();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(come(uring_courtesy::few, 10us));
    ASSERT_TRUE(beat(100us));
    EXPECT_EQ(ring.due(), now + uring_courtesy::beat);
  }
  EXPECT_EQ(ring.begun(), 1U);
  EXPECT_EQ(ring.kept_waiting(), 0U);
}

TEST_F(courtesy, ends_when_few_come_and_begins_again_at_once_when_more_do) {
  begin();
  come(uring_courtesy::few - 1, 10us);
  EXPECT_FALSE(beat(0us));
  EXPECT_FALSE(ring.is_on());
  EXPECT_EQ(ring.kept_waiting(), 0U);
  EXPECT_LT(pause(), uring_courtesy::beat);
}

TEST_F(courtesy, ends_for_a_while_when_it_was_kept_waiting) {
  be_kept_waiting();
  EXPECT_FALSE(ring.is_on());
  EXPECT_EQ(ring.kept_waiting(), 1U);
  const auto first = pause();
  EXPECT_GE(first, uring_courtesy::shortest_pause - uring_courtesy::beat);
  EXPECT_LE(first, uring_courtesy::shortest_pause + uring_courtesy::beat);
}

TEST_F(courtesy, was_not_kept_waiting_by_what_it_did_itself) {
  begin();
  come(100, 10us);
  EXPECT_TRUE(beat(5ms, {.ran = 4500us, .request_came = true, .processor_is_idle = true}));
  come(100, 10us);
  EXPECT_FALSE(beat(5ms, {.ran = 3500us, .request_came = true, .processor_is_idle = true}));
}

TEST_F(courtesy, was_not_kept_from_anything_when_no_request_came) {
  begin();
  come(100, 10us);
  EXPECT_TRUE(beat(5ms, {.ran = 0us, .request_came = false, .processor_is_idle = true}));
}

TEST_F(courtesy, ends_when_no_processor_is_idle_for_a_while) {
  begin();
  come(100, 10us);
  constexpr uring_courtesy::beat_facts busy{.ran = 0us, .request_came = true, .processor_is_idle = false};
  for (unsigned i = 1; i < uring_courtesy::busy_beats; ++i) {
    EXPECT_TRUE(beat(0us, busy));
    come(100, 10us);
  }
  EXPECT_TRUE(beat(0us)) << "one is, after all";
  for (unsigned i = 1; i < uring_courtesy::busy_beats; ++i) {
    come(100, 10us);
    EXPECT_TRUE(beat(0us, busy));
  }
  come(100, 10us);
  EXPECT_FALSE(beat(0us, busy));
  EXPECT_EQ(ring.kept_waiting(), 0U);
  EXPECT_LT(pause(), uring_courtesy::beat);
}

TEST_F(courtesy, pauses_longer_each_time_up_to_a_minute) {
  auto expected = uring_courtesy::shortest_pause;
  for (int i = 0; i < 8; ++i) {
    be_kept_waiting();
    const auto took = pause();
    EXPECT_GE(took, expected - uring_courtesy::beat) << i;
    EXPECT_LE(took, expected + uring_courtesy::beat) << i;
    come(uring_courtesy::few - 1, 10us);
    ASSERT_FALSE(beat(0us));  // begun by pause()
    expected = std::min(4 * expected, uring_courtesy::longest_pause);
  }
  EXPECT_EQ(expected, uring_courtesy::longest_pause);
}

TEST_F(courtesy, forgets_what_was_when_it_went_well_for_long) {
  for (int i = 0; i < 4; ++i) {
    be_kept_waiting();
    now += uring_courtesy::longest_pause;
  }
  begin();
  for (unsigned i = 0; i < uring_courtesy::good_beats; ++i) {
    come(100, 10us);
    ASSERT_TRUE(beat(0us));
  }
  come(100, 10us);
  ASSERT_FALSE(beat(1s));
  EXPECT_LE(pause(), uring_courtesy::shortest_pause + uring_courtesy::beat);
}

TEST(scheduling, a_thread_that_may_go_last_can_come_back) {
  keep_way_back();
  const bool may = may_go_last();
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER) << "this thread has tried nothing";
  if (!may) GTEST_SKIP() << "no right to come back here (RLIMIT_NICE)";
  std::thread([] {
    take_short_turns();
    EXPECT_TRUE(go_last());
    EXPECT_EQ(::sched_getscheduler(0), SCHED_IDLE);
    EXPECT_TRUE(go_as_usual());
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
  }).join();
}

TEST(scheduling, no_processor_is_idle_when_each_has_a_thread_that_never_sleeps) {
  std::atomic<bool> end = false;
  std::vector<std::thread> busy;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    busy.emplace_back([&] {
      while (!end) {
      }
    });
  }
  EXPECT_TRUE(eventually([] { return !a_processor_is_idle(); }));
  end = true;
  for (auto& b : busy) b.join();
}

TEST(scheduling, time_run_is_of_this_thread_and_only_while_it_runs) {
  const auto before = time_run();
  std::this_thread::sleep_for(50ms);
  EXPECT_LT(time_run() - before, 50ms);
  const auto from = time_run();
  while (time_run() - from < 1ms) {
  }
  EXPECT_GE(time_run() - before, 1ms);
}

}  // namespace
}  // namespace mailslot::test

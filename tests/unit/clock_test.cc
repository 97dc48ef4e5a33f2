// The daemon's clock: a date that people know, which never steps back.
#include "fs/clock.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mailslot {
namespace {

using namespace std::chrono_literals;

TEST(clock, shows_the_date_of_the_wall) {
  const daemon_clock clock;
  const auto apart = clock.now() - std::chrono::system_clock::now();
  EXPECT_LT(apart, 30s);
  EXPECT_GT(apart, -30s);
}

TEST(clock, never_steps_back_for_any_thread_while_it_is_adjusted) {
  daemon_clock clock;
  std::atomic<bool> done = false;
  std::atomic<int> steps_back = 0;
  std::vector<std::thread> watchers;
  for (int i = 0; i < 3; ++i) {
    watchers.emplace_back([&] {
      for (moment last = clock.now(); !done;) {
        const moment now = clock.now();
        if (now < last) ++steps_back;
        last = now;
      }
    });
  }
  for (int i = 0; i < 10'000; ++i) clock.adjust();
  done = true;
  for (auto& w : watchers) w.join();
  EXPECT_EQ(steps_back, 0);
}

}  // namespace
}  // namespace mailslot

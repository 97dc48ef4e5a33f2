// Writers, readers, signals, deadlines and readers that are gone, all at once from many threads: every
// message arrives once and whole, those of one writer in their order. How often who wins does not matter to
// the outcome.
#include "fs/slot/plain_handle.h"
#include "tests/support/slot_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace mailslot::test {
namespace {

constexpr int writers = 3;
constexpr int readers = 3;
constexpr int messages_each = 4000;

class slot_stress_test : public testing::Test {
 protected:
  slot_world world;
  slot_ref inbox = world.make_slot({.read_timeout = forever});
  const sender me{.uid = 1000, .gid = 100, .pid = 42};
  std::atomic<int> received = 0;
  std::atomic<bool> all_done = false;
  std::vector<std::thread> threads;
  std::vector<std::vector<std::string>> got = std::vector<std::vector<std::string>>(readers);

  std::shared_ptr<plain_handle> open(access how) {
    return std::make_shared<plain_handle>(attendance::join(inbox, how, {}).value());
  }

  void start_writers() {
    for (int w = 0; w != writers; ++w) {
      threads.emplace_back([this, w] {
        const auto h = open(access::write);
        for (int i = 0; i != messages_each; ++i) {
          const auto text = fmt::format("{} {} {}", w, i, std::string(static_cast<std::size_t>(i % 50), '.'));
          ASSERT_TRUE(h->write({.by = me, .now = world.now}, as_bytes(text)));
        }
      });
    }
  }

  // Reads until everything has arrived somewhere. `before` may change the handle and the answer of the next
  // read, `after` only its answer, which may wait.
  template <class Before, class After>
  void start_reader(std::size_t r, Before before, After after) {
    threads.emplace_back([this, r, before, after]() mutable {
      auto h = open(access::read);
      std::uint64_t offset = 0;
      while (!all_done) {
        recorded_answer answer;
        before(h, answer);
        answer.keep(h);
        h->read({.offset = offset, .room = 100, .now = world.now}, answer);
        after(answer);
        ASSERT_TRUE(answer.wait_until_answered());
        ASSERT_EQ(answer.answers(), 1);
        if (answer.text().empty()) continue;
        got[r].push_back(answer.text());
        offset += answer.text().size();
        if (++received == writers * messages_each) {
          all_done = true;
          inbox->unlink();
        }
      }
    });
  }

  void expect_everything_once() {
    for (auto& each : threads) each.join();
    std::set<std::pair<int, int>> seen;
    for (const auto& mine : got) {
      std::map<int, int> last;
      for (const auto& text : mine) {
        int w = -1, i = -1;
        ASSERT_EQ(std::sscanf(text.c_str(), "%d %d", &w, &i), 2) << text;
        ASSERT_EQ(text, fmt::format("{} {} {}", w, i, std::string(static_cast<std::size_t>(i % 50), '.')));
        ASSERT_TRUE(seen.emplace(w, i).second) << "twice: " << text;
        const auto before = last.find(w);
        if (before != last.end() && in_order) {
          ASSERT_LT(before->second, i) << "out of order";
        }
        last[w] = i;
      }
    }
    EXPECT_EQ(seen.size(), std::size_t{writers} * messages_each);
    EXPECT_EQ(inbox->count(world.now).count, 0U);
    EXPECT_EQ(world.shared.waiting, 0U);
    EXPECT_EQ(world.shared.taken, world.shared.posted);
    EXPECT_EQ(world.timers.next(), never);
    inbox.reset();
    EXPECT_EQ(world.memory.used(), 0U);
  }

  bool in_order = true;
};

TEST_F(slot_stress_test, every_message_arrives_once_and_in_the_order_of_its_writer) {
  for (std::size_t r = 0; r != readers; ++r) start_reader(r, [](auto&, auto&) {}, [](auto&) {});
  start_writers();
  expect_everything_once();
}

TEST_F(slot_stress_test, signals_at_any_moment_lose_nothing) {
  for (std::size_t r = 0; r != readers; ++r) {
    auto chance = std::make_shared<std::minstd_rand>(r + 1);
    start_reader(
        r,
        [chance](auto&, recorded_answer& answer) {
          if ((*chance)() % 4 == 0) answer.signal_when_parking();
        },
        [chance](recorded_answer& answer) {
          if ((*chance)() % 2 == 0) answer.signal();
        });
  }
  start_writers();
  expect_everything_once();
}

TEST_F(slot_stress_test, deadlines_at_any_moment_lose_nothing) {
  inbox->change({.read_timeout = 1ms}, world.now);
  std::thread clock([this] {
    while (!all_done) world.timers.fire(world.now + 1ms);
  });
  for (std::size_t r = 0; r != readers; ++r) start_reader(r, [](auto&, auto&) {}, [](auto&) {});
  start_writers();
  expect_everything_once();
  clock.join();
}

// A message handed to a reader that is gone goes back and may be overtaken by what another thread takes in
// that moment, so the order is not looked at.
TEST_F(slot_stress_test, readers_that_are_gone_or_close_in_the_middle_lose_nothing) {
  in_order = false;
  for (std::size_t r = 0; r != readers; ++r) {
    start_reader(
        r,
        [this, chance = std::minstd_rand(r + 1)](auto& h, recorded_answer&) mutable {
          if (chance() % 8 != 0) return;
          if (chance() % 2 == 0) h = open(access::read);
          const auto other = open(access::read);
          recorded_answer answer;
          answer.keep(other);
          if (chance() % 2 == 0) answer.go_away();
          other->read({.room = 2, .now = world.now}, answer);  // less than any message has
          answer.signal();
          ASSERT_TRUE(answer.wait_until_answered());
        },
        [](auto&) {});
  }
  start_writers();
  expect_everything_once();
}

}  // namespace
}  // namespace mailslot::test

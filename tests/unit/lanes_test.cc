// Which descriptor of /dev/fuse is read through next, where a waiting request is found again, and when a
// descriptor is closed.
#include "fs/fuse/lane_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

namespace mailslot::test {
namespace {

constexpr std::size_t full = lane_plan::full_from;

struct lanes : testing::Test {
  lane_plan plan;
  lane here = 0;  // through which the only reader reads
  std::uint64_t next = 2;
  std::vector<lane> closed;

  lanes() { plan.enter(); }

  // As device_lanes does.
  std::uint64_t park() {
    const auto request = next;
    next += 2;
    EXPECT_TRUE(plan.park(request, here));
    if (plan.is_full(here)) {
      if (plan.wants_more()) plan.open();
      here = plan.move(here);
    }
    return request;
  }
  std::vector<std::uint64_t> park(std::size_t count) {
    std::vector<std::uint64_t> all;
    while (all.size() < count) all.push_back(park());
    return all;
  }
  lane answer(std::uint64_t request) {
    const auto at = plan.take(request);
    if (!at) {
      ADD_FAILURE() << request << " is not known";
      return 0;
    }
    if (plan.let_go(*at)) close();
    return *at;
  }
  void close() {
    while (const auto one = plan.close_one()) closed.push_back(*one);
  }
};

TEST_F(lanes, are_one_as_long_as_few_wait) {
  park(full - 1);
  EXPECT_EQ(here, 0U);
  EXPECT_EQ(plan.open_lanes(), 1U);
}

TEST_F(lanes, are_left_when_they_are_full_and_each_request_is_found_in_its_own) {
  const auto first = park(full);
  EXPECT_EQ(here, 1U);
  const auto second = park(full);
  EXPECT_EQ(here, 2U);
  const auto third = park();
  for (const auto request : first) EXPECT_EQ(answer(request), 0U);
  for (const auto request : second) EXPECT_EQ(answer(request), 1U);
  EXPECT_EQ(answer(third), 2U);
  EXPECT_EQ(plan.take(third), std::nullopt) << "it was answered";
}

TEST_F(lanes, have_an_end_and_fill_evenly_then) {
  constexpr std::size_t each = 2 * full;
  park(lane_plan::most * each);
  EXPECT_EQ(plan.open_lanes(), lane_plan::most);
  std::vector<std::size_t> waiting(lane_plan::most);
  for (std::uint64_t request = 2; request < next; request += 2) ++waiting[answer(request)];
  EXPECT_LE(*std::ranges::max_element(waiting), each + 1);
}

TEST_F(lanes, are_used_again_by_a_crowd_that_is_answered_in_the_order_in_which_it_came) {
  std::deque<std::uint64_t> crowd;
  for (const auto request : park(10'000)) crowd.push_back(request);
  const auto before = plan.open_lanes();
  EXPECT_EQ(before, 10'000 / full + 1);
  for (int i = 0; i < 100'000; ++i) {
    answer(crowd.front());
    crowd.pop_front();
    crowd.push_back(park());
  }
  EXPECT_LE(plan.open_lanes(), before + 1);
}

TEST_F(lanes, stay_short_in_a_crowd_that_is_answered_in_any_order) {
  auto crowd = park(10'000);
  std::uint32_t chance = 1;
  for (int i = 0; i < 100'000; ++i) {
    chance = chance * 1664525 + 1013904223;
    auto& one = crowd[(chance >> 8U) % crowd.size()];
    answer(one);
    one = park();
    ASSERT_FALSE(plan.is_full(here));
  }
  EXPECT_LT(plan.open_lanes(), lane_plan::most);
}

TEST_F(lanes, that_are_empty_are_closed_but_the_first_one_read_from_and_one_to_move_to) {
  const auto crowd = park(5 * full);
  ASSERT_EQ(here, 5U);
  for (const auto request : crowd) answer(request);
  EXPECT_EQ(plan.open_lanes(), 2U);
  EXPECT_EQ(closed, (std::vector<lane>{1, 2, 3, 4}));
  park(2 * full);
  EXPECT_EQ(here, 1U) << "the first was empty, and then the lowest number is used again";
}

TEST_F(lanes, through_which_somebody_reads_are_not_closed) {
  plan.enter();  // another one, who stays at lane 0
  const auto crowd = park(2 * full);
  for (const auto request : crowd) answer(request);
  EXPECT_EQ(here, 2U);
  EXPECT_EQ(plan.open_lanes(), 3U) << "0 and 2 are read from, 1 is to move to";
}

TEST_F(lanes, in_which_an_answer_is_under_way_are_not_closed) {
  const auto crowd = park(3 * full);
  const auto slow = plan.take(crowd[full]);
  EXPECT_EQ(slow, 1U);
  for (const auto request : crowd) {
    if (request != crowd[full]) answer(request);
  }
  EXPECT_EQ(closed, std::vector<lane>{2});
  EXPECT_TRUE(plan.let_go(*slow));
  close();
  EXPECT_EQ(closed, (std::vector<lane>{2, 1}));
}

TEST_F(lanes, that_are_not_to_be_had_are_not_asked_for_each_time) {
  std::size_t asked = 0;
  for (std::size_t i = 0; i < 10 * full; ++i) {
    ASSERT_TRUE(plan.park(next, 0));
    next += 2;
    if (plan.is_full(0) && plan.wants_more()) {
      ++asked;
      plan.has_no_more();
    }
    ASSERT_EQ(plan.move(0), 0U);
  }
  EXPECT_EQ(asked, 10U);
}

TEST_F(lanes, know_a_request_whose_answer_comes_before_it_is_parked) {
  EXPECT_EQ(plan.take(next), std::nullopt);
  plan.answered(next);
  EXPECT_EQ(plan.find(next), std::nullopt);
  EXPECT_EQ(plan.take(next), std::nullopt);
  EXPECT_FALSE(plan.park(next, here));
  EXPECT_EQ(plan.take(next), std::nullopt);
}

TEST_F(lanes, know_a_request_that_is_parked_while_its_answer_looks_for_it) {
  EXPECT_EQ(plan.take(next), std::nullopt);
  const auto all = plan.hold_all();
  const auto request = park();
  plan.answered(request);
  for (std::size_t i = 0; i < all.count; ++i) plan.let_go(all.lanes[i]);
  EXPECT_EQ(plan.take(request), std::nullopt);
  park(full - 1);
  EXPECT_EQ(here, 0U) << "it does not wait any more";
}

TEST_F(lanes, that_are_all_asked_begin_with_those_that_are_read_from) {
  park(3 * full);
  const auto all = plan.hold_all();
  ASSERT_EQ(all.count, 4U);
  EXPECT_EQ(all.lanes[0], here);
  for (lane i = 0; i < 4; ++i) {
    EXPECT_EQ(std::count(all.lanes.begin(), all.lanes.begin() + 4, i), 1);
  }
}

TEST_F(lanes, that_are_found_for_an_interrupt_keep_the_request) {
  const auto request = park();
  EXPECT_EQ(plan.find(request), 0U);
  plan.let_go(0);
  EXPECT_EQ(answer(request), 0U);
}

TEST_F(lanes, end_all_at_once_but_those_in_which_an_answer_is_under_way) {
  const auto crowd = park(3 * full);
  const auto slow = plan.take(crowd[full]);
  plan.abandon();
  close();
  EXPECT_EQ(closed, (std::vector<lane>{2, 3}));
  EXPECT_EQ(plan.take(crowd.front()), std::nullopt);
  EXPECT_TRUE(plan.let_go(*slow));
  close();
  EXPECT_EQ(closed, (std::vector<lane>{2, 3, 1}));
  EXPECT_EQ(plan.open_lanes(), 1U);
}

}  // namespace
}  // namespace mailslot::test

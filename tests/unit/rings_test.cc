// What a ring decides without a kernel: how many entries there shall be and which of them keep memory, and
// whether requests may be waiting for one.
#include "fs/fuse/uring_drought.h"
#include "fs/fuse/uring_stock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace mailslot::test {
namespace {

using namespace std::chrono_literals;
using cure = uring_drought::cure;

constexpr uring_drought::clock::time_point start{1h};

// --- drought ---

struct drought : testing::Test {
  uring_drought ring;
  int first = 0, second = 0;  // entries
};

TEST_F(drought, is_none_before_the_last_entry_came) {
  ring.committed(&first);
  ring.submitted();
  ring.came(&first);
  ring.handled(false);
  EXPECT_FALSE(ring.may_starve());
}

TEST_F(drought, is_over_when_an_answer_brings_no_request) {
  ring.ran_dry();
  EXPECT_TRUE(ring.may_starve());
  ring.committed(&first);
  EXPECT_FALSE(ring.may_starve()) << "it will be seen";
  ring.submitted();
  EXPECT_TRUE(ring.may_starve());
  ring.handled(false);
  EXPECT_FALSE(ring.may_starve());
}

TEST_F(drought, goes_on_while_answers_bring_requests) {
  ring.ran_dry();
  ring.committed(&first);
  ring.submitted();
  ring.came(&first);
  ring.handled(false);
  EXPECT_TRUE(ring.may_starve());
}

TEST_F(drought, goes_on_while_the_kernel_has_more_or_has_not_read_the_answer) {
  ring.ran_dry();
  ring.committed(&first);
  ring.handled(false);  // not submitted
  ring.submitted();
  ring.handled(true);
  EXPECT_TRUE(ring.may_starve());
}

TEST_F(drought, goes_on_when_another_entry_was_the_last_since) {
  ring.ran_dry();
  ring.committed(&first);
  ring.submitted();
  ring.ran_dry();
  ring.handled(false);
  EXPECT_TRUE(ring.may_starve());
}

TEST_F(drought, is_not_over_by_a_request_that_came_before_all_was_submitted) {
  ring.ran_dry();
  ring.committed(&first);
  ring.came(&first);
  ring.submitted();
  ring.handled(false);
  EXPECT_TRUE(ring.may_starve());
}

TEST_F(drought, is_judged_by_the_last_answer_alone) {
  ring.ran_dry();
  ring.committed(&first);
  ring.committed(&second);
  ring.submitted();
  ring.came(&first);
  ring.handled(false);
  EXPECT_FALSE(ring.may_starve());
}

TEST_F(drought, is_asked_about_again_and_again_and_cured_in_the_end) {
  ring.ran_dry();
  auto now = start;
  for (int i = 0; i < uring_drought::most_questions; ++i) {
    EXPECT_LE(ring.due(), now);
    EXPECT_EQ(ring.next(now), cure::ask);
    EXPECT_EQ(ring.next(now), cure::none) << "the answer is on its way";
    EXPECT_EQ(ring.due(), now + uring_drought::patience);
    now = ring.due();
  }
  EXPECT_EQ(ring.next(now), cure::end_one);
  EXPECT_EQ(ring.next(now), cure::none);
  now = ring.due();
  for (int i = 0; i < 10; ++i) {  // the answer may be behind these
    EXPECT_EQ(ring.next(now), cure::ask);
    ring.came(&first);
    now = ring.due();
  }
  EXPECT_EQ(ring.next(now), cure::ask);
  ring.answered();
  EXPECT_EQ(ring.next(now), cure::ask) << "the next one, at once";
}

// --- stock ---

struct stock : testing::Test {
  static constexpr std::size_t payload = 100'000;
  uring_stock ring{*reinterpret_cast<uring_ring*>(this), payload};  // never looked at

  std::vector<uring_entry*> add(std::size_t count) {
    auto more = ring.grow(count, start);
    for (auto* e : more) ring.given(*e);
    return more;
  }
  // A request came in it and was answered with so many bytes.
  void serve(uring_entry& e, std::uint32_t bytes) {
    ring.came(e);
    e.new_id();
    std::fill_n(e.payload(), bytes, std::byte{1});
    e.touched = std::max(e.touched, bytes);
    ring.given(e);
    e.now = uring_entry::state::idle;
  }
};

TEST_F(stock, tells_when_the_kernel_has_used_its_last_entry) {
  const auto all = add(3);
  EXPECT_FALSE(ring.came(*all[2]));
  ring.given(*all[2]);
  EXPECT_FALSE(ring.came(*all[2]));
  EXPECT_FALSE(ring.came(*all[1]));
  EXPECT_TRUE(ring.came(*all[0]));
  EXPECT_EQ(ring.idle(), 0U);
  EXPECT_EQ(ring.live(), 3U);
}

TEST_F(stock, is_low_sooner_the_more_are_parked) {
  add(40);
  EXPECT_FALSE(ring.is_low(0));
  EXPECT_TRUE(ring.is_low(1000));
  const auto more = ring.grow_for(1000, start);
  for (auto* e : more) ring.given(*e);
  EXPECT_FALSE(ring.is_low(1000));
}

TEST_F(stock, offers_refused_entries_again_after_a_pause_and_makes_no_others) {
  const auto all = add(100);
  for (std::size_t i = 90; i < 100; ++i) {
    ring.came(*all[i]);
    ring.refused(*all[i], start);
  }
  EXPECT_EQ(ring.live(), 90U);
  EXPECT_TRUE(ring.grow(50, start).empty());
  EXPECT_TRUE(ring.grow(50, start + 900ms).empty());
  auto again = ring.grow(50, start + 1100ms);
  EXPECT_EQ(again.size(), 10U);
  for (auto* e : again) {
    EXPECT_EQ(e->now, uring_entry::state::registering);
    EXPECT_NE(std::ranges::find(all, e), all.end());
  }
  EXPECT_EQ(ring.live(), 100U);
  EXPECT_EQ(ring.grow(50, start + 1100ms).size(), 50U) << "none of them is left";
}

TEST_F(stock, has_an_end) {
  std::size_t made = 0;
  while (made < uring_stock::most) {
    const auto more = ring.grow(10'000, start);
    if (more.empty()) GTEST_SKIP() << "no address space for " << made << " entries and more";
    made += more.size();
  }
  EXPECT_EQ(made, uring_stock::most);
  EXPECT_TRUE(ring.grow(1, start + 1h).empty());
}

TEST_F(stock, lets_go_of_a_large_answer_once_the_kernel_has_read_it) {
  const auto all = add(2);
  serve(*all[0], payload);
  serve(*all[1], 1000);
  ring.release_large();
  EXPECT_EQ(all[0]->payload()[0], std::byte{1}) << "not read yet";
  ring.submitted();
  ring.release_large();
  EXPECT_EQ(all[0]->payload()[0], std::byte{0});
  EXPECT_EQ(all[0]->touched, 0U);
  EXPECT_EQ(all[1]->payload()[0], std::byte{1});
}

TEST_F(stock, keeps_a_large_answer_whose_entry_has_another_request) {
  const auto all = add(2);
  serve(*all[0], payload);
  ring.submitted();
  ring.came(*all[0]);
  all[0]->new_id();
  all[0]->now = uring_entry::state::handling;
  ring.release_large();
  EXPECT_EQ(all[0]->payload()[0], std::byte{1});
}

TEST_F(stock, gives_back_what_a_burst_left_bit_by_bit_though_requests_go_on) {
  const auto all = add(300);
  for (auto* e : all) serve(*e, 1000);
  ring.submitted();
  const auto kept = [&] { return std::ranges::count_if(all, [](auto* e) { return e->touched != 0; }); };
  ASSERT_TRUE(ring.keeps_too_much());
  ring.release_idle(start);
  ring.release_idle(start + 500ms);
  EXPECT_EQ(kept(), 300) << "it may be needed again";
  int steps = 0;
  for (auto now = start + 1s; ring.keeps_too_much() && steps < 100; ++steps) {
    serve(*all[299], 1000);  // the same one, again and again
    const auto before = kept();
    ring.release_idle(now);
    EXPECT_LE(before - kept(), 64);
    if (ring.keeps_too_much()) now = ring.release_due();
  }
  EXPECT_EQ(kept(), 64);
  EXPECT_NE(all[299]->touched, 0U) << "the kernel takes this one next";
  EXPECT_EQ(ring.release_due(), uring_stock::never);
}

}  // namespace
}  // namespace mailslot::test

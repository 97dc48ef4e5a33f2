// Who pays for the memory of messages: bounds for each user and for all, to the byte.
#include "fs/slot/budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace mailslot::test {
namespace {

TEST(budget_test, without_bounds_everything_is_counted_and_nothing_refused) {
  budget memory(0, 0);
  EXPECT_FALSE(memory.of(1000).charge(1ULL << 40U));
  EXPECT_EQ(memory.used(), 1ULL << 40U);
  memory.of(1000).release(1ULL << 40U);
  EXPECT_EQ(memory.used(), 0U);
}

TEST(budget_test, a_user_reaches_his_own_bound_and_others_do_not_notice) {
  budget memory(0, 100);
  EXPECT_FALSE(memory.of(1000).charge(60));
  EXPECT_EQ(memory.of(1000).charge(41), errc::user_over_quota);
  EXPECT_FALSE(memory.of(1000).charge(40)) << "to the byte";
  EXPECT_FALSE(memory.of(1001).charge(100));
  EXPECT_EQ(memory.of(1000).used(), 100U);
  EXPECT_EQ(memory.used(), 200U);
  EXPECT_EQ(memory.refused(), 1U);
}

TEST(budget_test, all_users_together_reach_the_total) {
  budget memory(100, 80);
  EXPECT_FALSE(memory.of(1000).charge(80));
  EXPECT_EQ(memory.of(1001).charge(21), errc::no_room);
  EXPECT_EQ(memory.of(1001).used(), 0U) << "a refused charge leaves nothing";
  EXPECT_FALSE(memory.of(1001).charge(20));
  EXPECT_EQ(memory.used(), 100U);
  memory.of(1000).release(80);
  EXPECT_FALSE(memory.of(1001).charge(60));
}

TEST(budget_test, an_allowance_charges_to_the_byte_and_gives_back_what_it_did_not_need) {
  budget memory(100'000, 20'000);
  account& mine = memory.of(1000);
  {
    allowance some(mine);
    EXPECT_FALSE(some.charge(60));
    EXPECT_EQ(mine.used(), 60 + allowance::ahead);
    EXPECT_FALSE(some.charge(allowance::ahead));
    EXPECT_EQ(mine.used(), 60 + allowance::ahead) << "out of what was charged ahead";
  }
  EXPECT_EQ(mine.used(), 60 + allowance::ahead);
  {
    allowance rest(mine);
    const auto left = 20'000 - mine.used();
    EXPECT_FALSE(rest.charge(left)) << "there is no room ahead, but for this";
    EXPECT_EQ(mine.used(), 20'000U);
    EXPECT_EQ(memory.refused(), 0U);
    EXPECT_EQ(rest.charge(1), errc::user_over_quota);
    EXPECT_EQ(memory.refused(), 1U);
    rest.release(left);
  }
  EXPECT_EQ(memory.used(), 60 + allowance::ahead);
}

TEST(budget_test, root_is_bounded_by_the_total_alone) {
  budget memory(100, 10);
  EXPECT_FALSE(memory.of(0).charge(90));
  EXPECT_EQ(memory.of(0).charge(11), errc::no_room);
}

TEST(budget_test, a_user_has_one_account) {
  budget memory(0, 0);
  account& mine = memory.of(1000);
  EXPECT_EQ(mine.uid(), 1000U);
  EXPECT_EQ(&memory.of(1001), &memory.of(1001));
  EXPECT_EQ(&memory.of(1000), &mine);
}

TEST(budget_test, a_caller_with_many_user_ids_does_not_make_the_table_grow) {
  budget memory(0, 100);
  for (uid_t uid = 0; uid != budget::most_accounts; ++uid) EXPECT_EQ(memory.of(uid).uid(), uid);
  account& shared = memory.of(1'000'000);
  EXPECT_EQ(shared.uid(), budget::nobody);
  EXPECT_EQ(&memory.of(1'000'001), &shared);
  EXPECT_EQ(memory.of(7).uid(), 7U) << "whoever was first keeps his own";
  EXPECT_FALSE(memory.of(1'000'000).charge(100));
  EXPECT_EQ(memory.of(1'000'001).charge(1), errc::user_over_quota);
}

TEST(budget_test, threads_together_never_pass_a_bound_and_leave_nothing_behind) {
  budget memory(1000, 600);
  std::atomic<bool> passed = false;
  std::vector<std::thread> threads;
  for (uid_t uid = 1; uid != 5; ++uid) {
    threads.emplace_back([&memory, &passed, uid] {
      account& mine = memory.of(1000 + uid % 2);
      std::uint64_t held = 0;
      for (int i = 0; i != 20'000; ++i) {
        if (mine.charge(70)) {
          mine.release(held);
          held = 0;
        } else {
          held += 70;
          if (held > 600) passed = true;
        }
      }
      mine.release(held);
    });
  }
  for (auto& each : threads) each.join();
  EXPECT_FALSE(passed);
  EXPECT_EQ(memory.used(), 0U);
  EXPECT_EQ(memory.of(1000).used(), 0U);
  EXPECT_EQ(memory.of(1001).used(), 0U);
}

}  // namespace
}  // namespace mailslot::test

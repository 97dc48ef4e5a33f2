// What names cost: an idle slot in bytes, and a lookup among many against one among few.
#include "tests/support/tree_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <ctime>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MAILSLOT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MAILSLOT_SANITIZED 1
#endif
#endif

namespace mailslot::test {
namespace {

tree_world& filled(tree_world& world, int count) {
  for (int i = 0; i < count; ++i) EXPECT_FALSE(world.make_slot(fmt::format("a-slot-of-usual-length-{}", i)));
  return world;
}

TEST(tree_size, an_idle_slot_with_its_name_takes_512_bytes_at_most) {
#ifdef MAILSLOT_SANITIZED
  GTEST_SKIP() << "a sanitizer has an allocator of its own, which mallinfo2(3) does not know";
#else
  constexpr int count = 50'000;
  tree_world world;
  const auto before = ::mallinfo2().uordblks;
  filled(world, count);
  const auto each = (::mallinfo2().uordblks - before) / count;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LE(each, 512U);
  EXPECT_GE(each, 100U);  // else it was not measured
#endif
}

// Processor time of `lookups` lookups of names that are there.
double price_of(const tree_world& world, int count, int lookups) {
  const auto time = [] {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  // The same few hundred names, spread evenly: what is measured is the table and not the cache of the
  // processor.
  std::vector<std::string> wanted;
  for (int i = 0; i < 100; ++i) wanted.push_back(fmt::format("A-SLOT-of-usual-length-{}", i * (count / 100)));
  const double began = time();
  std::size_t found = 0;
  for (int i = 0; i < lookups; ++i) {
    found += world.names
                 .lookup(*world.names.root(), wanted[static_cast<std::size_t>(i) % wanted.size()], world.now)
                 .has_value();
  }
  EXPECT_EQ(found, static_cast<std::size_t>(lookups));
  return time() - began;
}

TEST(tree_size, a_lookup_costs_the_same_among_many_as_among_few) {
  constexpr int few = 100, many = 100'000, lookups = 20'000, rounds = 15;
  tree_world small, large;
  filled(small, few);
  filled(large, many);
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i)
    ratios.push_back(price_of(large, many, lookups) / price_of(small, few, lookups));
  std::ranges::nth_element(ratios, ratios.begin() + rounds / 2);
  RecordProperty("ratio", fmt::format("{:.2f}", ratios[rounds / 2]));
  EXPECT_LT(ratios[rounds / 2], 3.0);
}

}  // namespace
}  // namespace mailslot::test

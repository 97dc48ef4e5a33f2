// Messages and their queue: what is kept, what it costs, and that nothing stays charged.
#include "fs/slot/message.h"

#include "tests/support/slot_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>
#include <vector>

namespace mailslot::test {
namespace {

class message_test : public testing::Test {
 protected:
  slot_world world;

  message_ref letter(std::string_view text) { return world.letter(text); }

  static std::string texts(const message_queue& queue) {
    std::string all;
    for (const message* m = queue.front(); m; m = message_queue::next(*m)) all += m->text();
    return all;
  }
};

TEST_F(message_test, a_copy_has_the_bytes_whatever_they_are) {
  const std::string bytes("a\0b\n\xff", 5);
  EXPECT_EQ(letter(bytes)->text(), bytes);
  EXPECT_EQ(letter(bytes)->size(), 5U);
  EXPECT_EQ(letter("")->size(), 0U);
}

TEST_F(message_test, room_can_be_filled_later) {
  const auto m = message::make(3, {}, world.memory).value();
  m->body()[0] = std::byte{'x'};
  m->body()[1] = std::byte{'y'};
  m->body()[2] = std::byte{'z'};
  EXPECT_EQ(m->text(), "xyz");
}

TEST_F(message_test, the_largest_message_is_255_pages_and_one_byte_more_is_too_long) {
  EXPECT_EQ(largest_message, 1'044'480U);
  EXPECT_TRUE(message::make(largest_message, {}, world.memory));
  const auto refused = message::make(largest_message + 1, {}, world.memory);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::message_too_long);
  EXPECT_EQ(world.memory.used(), 0U);
}

TEST_F(message_test, bookkeeping_is_at_most_64_bytes) {
  EXPECT_LE(message::cost(0), 64U);
}

TEST_F(message_test, its_sender_pays_as_long_as_anybody_holds_it) {
  auto m = letter("four");
  auto shared = m;
  EXPECT_EQ(world.memory.of(1000).used(), message::cost(4));
  EXPECT_EQ(world.memory.used(), message::cost(4));
  m.reset();
  EXPECT_EQ(world.memory.used(), message::cost(4));
  shared.reset();
  EXPECT_EQ(world.memory.of(1000).used(), 0U);
  EXPECT_EQ(world.memory.used(), 0U);
}

TEST_F(message_test, a_refused_message_costs_nothing) {
  slot_world poor(0, message::cost(10));
  const auto refused = message::copy(as_bytes("12345678901"), {.uid = 1000}, poor.memory);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::user_over_quota);
  EXPECT_EQ(poor.memory.used(), 0U);
  EXPECT_EQ(poor.memory.refused(), 1U);
}

TEST_F(message_test, an_unknown_sender_is_nobody_and_never_root) {
  const auto m = message::copy(as_bytes("x"), {}, world.memory).value();
  EXPECT_EQ(m->uid(), budget::nobody);
  EXPECT_EQ(m->pid(), 0);
}

TEST_F(message_test, what_came_from_the_network_says_so) {
  sender far;
  far.from = std::make_shared<const origin>(origin{"10.0.0.7:138", "ALICE", false});
  const auto m = message::copy(as_bytes("x"), far, world.memory).value();
  far.from.reset();
  ASSERT_TRUE(m->from());
  EXPECT_EQ(m->from()->address, "10.0.0.7:138");
  EXPECT_EQ(m->from()->name, "ALICE");
  EXPECT_FALSE(m->from()->verified);
}

TEST_F(message_test, one_can_be_made_of_a_block_without_a_copy) {
  const std::string text(100'000, 'b');
  void* block = std::malloc(1 << 20);
  auto* bytes = static_cast<char*>(block) + message::lent_offset;
  std::memcpy(bytes, text.data(), text.size());
  {
    const auto m = message::adopt(block, text.size(), {.uid = 1000}, world.memory).value();
    EXPECT_EQ(block, nullptr);
    EXPECT_EQ(m->text(), text);
    EXPECT_EQ(m->uid(), 1000U);
    EXPECT_EQ(m->from(), nullptr);
    EXPECT_EQ(world.memory.used(), message::cost(text.size()));
  }
  EXPECT_EQ(world.memory.used(), 0U);
}

TEST_F(message_test, a_refused_block_stays_its_owners) {
  slot_world poor(0, message::cost(10));
  void* block = std::malloc(4096);
  void* const before = block;
  const auto refused = message::adopt(block, 1000, {.uid = 1000}, poor.memory);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::user_over_quota);
  EXPECT_EQ(block, before);
  std::free(block);
}

TEST_F(message_test, disposal_gives_back_what_each_sender_paid) {
  sender far{.uid = 1001};
  far.from = std::make_shared<const origin>(origin{"10.0.0.7:138", "ALICE", false});
  const auto kept = letter("kept");
  {
    message_disposal gone;
    gone.add(letter("one"));
    gone.add(message::copy(as_bytes("two"), far, world.memory).value());
    gone.add(kept);
    gone.add({});
    gone.add(letter("three"));
  }
  EXPECT_EQ(far.from.use_count(), 1);
  EXPECT_EQ(world.memory.of(1001).used(), 0U);
  EXPECT_EQ(world.memory.used(), message::cost(4));
  EXPECT_EQ(kept->text(), "kept");
}

TEST_F(message_test, many_in_a_row_are_made_of_what_others_left_and_paid_for_all_the_same) {
  const std::string text(600, 'm');
  const auto make_and_let_go = [&] {
    std::set<const message*> where;
    message_queue all;
    message_supply supply(world.memory.of(1000));
    for (int i = 0; i < 100; ++i) {
      auto m = message::copy(as_bytes(text), {.uid = 1000}, supply).value();
      EXPECT_EQ(m->text(), text);
      where.insert(m.get());
      all.push_back(std::move(m));
    }
    EXPECT_GE(world.memory.used(), 100 * message::cost(text.size()));
    return where;
  };
  const auto before = make_and_let_go();
  EXPECT_EQ(world.memory.used(), 0U);
  const auto after = make_and_let_go();
  EXPECT_EQ(world.memory.used(), 0U);
  EXPECT_GE(std::ranges::count_if(after, [&](const message* m) { return before.contains(m); }), 90);
}

TEST_F(message_test, spare_blocks_are_never_mixed_up_and_have_a_bound) {
  constexpr std::size_t large = 1000, small = 100, many = 4 * block_lot::most_spare / large;
  std::vector<std::byte*> blocks;
  for (int round = 0; round < 2; ++round) {
    block_lot lot;
    const auto size = [](std::size_t i) { return i % 100 < 50 ? large : small; };
    for (std::size_t i = 0; i < many; ++i) {
      blocks.push_back(static_cast<std::byte*>(lot.get(size(i))));
      ASSERT_NE(blocks.back(), nullptr);
      std::fill_n(blocks.back(), size(i), static_cast<std::byte>(i));
    }
    for (std::size_t i = 0; i < many; ++i) {
      const auto byte = static_cast<std::byte>(i);
      EXPECT_EQ(std::count(blocks[i], blocks[i] + size(i), byte), static_cast<std::ptrdiff_t>(size(i)));
    }
    for (std::size_t i = 0; i < many; ++i) lot.put(blocks[i], size(i));
    blocks.clear();
    EXPECT_LE(block_lot::spare_bytes(), block_lot::most_spare);
    EXPECT_GT(block_lot::spare_bytes(), block_lot::most_spare / 2);
  }
  block_lot lot;
  void* huge = lot.get(2 * block_lot::largest);
  ASSERT_NE(huge, nullptr);
  lot.put(huge, 2 * block_lot::largest);
}

TEST_F(message_test, a_queue_joins_another_behind_itself_or_in_the_order_of_posting) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"a", "b", "c", "d", "e"}) world.post(*inbox, text);
  message_queue even, odd, rest;
  odd.push_back(inbox->take(world.now));
  even.push_back(inbox->take(world.now));
  odd.push_back(inbox->take(world.now));
  even.push_back(inbox->take(world.now));
  rest.push_back(inbox->take(world.now));
  even.merge(odd);
  EXPECT_TRUE(odd.empty());
  even.append(odd);
  even.append(rest);
  EXPECT_EQ(rest.count() + rest.bytes(), 0U);
  EXPECT_EQ(even.count(), 5U);
  EXPECT_EQ(even.bytes(), 5U);
  rest.append(even);
  EXPECT_EQ(texts(rest), "abcde");
  rest.push_back(letter("f"));
  EXPECT_EQ(texts(rest), "abcdef") << "the tail is right as well";
}

TEST_F(message_test, a_queue_joins_one_that_is_out_of_order_as_if_it_were_not) {
  const auto inbox = world.make_slot();
  for (const auto* text : {"a", "b", "c", "d"}) world.post(*inbox, text);
  message_queue queue, others;
  const auto a = inbox->take(world.now), b = inbox->take(world.now);
  queue.push_back(inbox->take(world.now));
  others.push_back(inbox->take(world.now));
  others.push_back(a);
  others.push_back(b);
  queue.merge(others);
  EXPECT_EQ(texts(queue), "abcd");
}

TEST_F(message_test, a_queue_is_first_in_first_out_and_knows_its_size) {
  message_queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.pop());
  queue.push_back(letter("a"));
  queue.push_back(letter("bc"));
  EXPECT_EQ(queue.count(), 2U);
  EXPECT_EQ(queue.bytes(), 3U);
  EXPECT_EQ(queue.pop()->text(), "a");
  EXPECT_EQ(queue.pop()->text(), "bc");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0U);
  queue.push_back(letter("d"));
  EXPECT_EQ(texts(queue), "d");
}

TEST_F(message_test, a_queue_frees_what_it_still_holds) {
  {
    message_queue queue;
    queue.push_back(letter("a"));
    queue.push_back(letter("b"));
  }
  EXPECT_EQ(world.memory.used(), 0U);
}

TEST_F(message_test, queues_change_places) {
  message_queue full, empty;
  full.push_back(letter("a"));
  full.push_back(letter("b"));
  empty.swap(full);
  EXPECT_TRUE(full.empty());
  EXPECT_EQ(full.count(), 0U);
  EXPECT_EQ(texts(empty), "ab");
  EXPECT_EQ(empty.bytes(), 2U);
  full.push_back(letter("c"));
  EXPECT_EQ(texts(full), "c");
}

}  // namespace
}  // namespace mailslot::test

// What a message costs in allocations: its own, and nothing else on the way in and out. Replaces operator new
// for this whole program, in order to count.
#include "fs/slot/plain_handle.h"
#include "tests/support/own_new.h"
#include "tests/support/view_world.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {
std::atomic<unsigned> allocations = 0;

[[maybe_unused]] void* counted(std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size != 0 ? size : 1);
}
}  // namespace

#ifndef MAILSLOT_NEW_IS_FIXED
void* operator new(std::size_t size) {
  if (void* memory = counted(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace mailslot::test {
namespace {

// Counts the bytes and keeps none, as an answer to the kernel does.
class counting_answer final : public read_answer {
 public:
  bool data(bytes_view bytes) noexcept override {
    got += bytes.size();
    return true;
  }
  void failed(std::error_code) noexcept override { ++refused; }
  std::unique_ptr<read_answer> wait(wants_signals&) override { return std::make_unique<counting_answer>(); }

  std::size_t got = 0;
  unsigned refused = 0;
};

class allocations_test : public testing::Test, public view_world {
 protected:
  void SetUp() override {
    if (new_is_fixed) GTEST_SKIP() << why_new_is_fixed;
  }

  template <class What>
  static unsigned allocations_of(What&& what) {
    const unsigned before = allocations.load();
    what();
    return allocations.load() - before;
  }
  std::unique_ptr<handle> plain(access how) {
    return std::make_unique<plain_handle>(std::move(*attendance::join(inbox, how, {})));
  }
};

TEST_F(allocations_test, a_message_that_is_written_and_read_has_its_own_and_no_other) {
  auto h = plain(access::both);
  const std::string message(64, 'm');
  counting_answer answer;
  const auto both = [&] {
    EXPECT_TRUE(write(*h, message));
    h->read({.room = 4096, .now = now}, answer);
  };
  both();  // the account of the user is made once
  EXPECT_EQ(allocations_of(both), 1U);
  EXPECT_EQ(answer.got, 2 * message.size());
}

TEST_F(allocations_test, a_message_for_a_read_that_waits_has_its_own_and_no_other) {
  auto patient = inbox->current_settings();
  patient.read_timeout = forever;
  inbox->change(patient, now);
  auto reader = plain(access::read);
  auto sends = plain(access::write);
  ASSERT_TRUE(write(*sends, "the account of the user is made once"));
  counting_answer answer;
  reader->read({.room = 4096, .now = now}, answer);
  reader->read({.offset = answer.got, .room = 4096, .now = now}, answer);
  ASSERT_EQ(inbox->count(now).waiting, 1U);
  EXPECT_EQ(allocations_of([&] { EXPECT_TRUE(write(*sends, "for the one who waits")); }), 1U);
  EXPECT_EQ(inbox->count(now).taken, 2U);
}

TEST_F(allocations_test, a_large_message_in_a_block_that_it_may_keep_has_none_and_is_not_copied) {
  auto h = plain(access::both);
  const auto written = [&](std::size_t size) {
    void* block = std::malloc(1 << 20);
    char* bytes = static_cast<char*>(block) + message::lent_offset;
    std::memset(bytes, 'm', size);
    const auto n = h->write({.by = writer, .now = now, .lent = &block}, as_bytes({bytes, size}));
    EXPECT_EQ(n, size);
    const bool kept = block == nullptr;
    std::free(block);
    return kept;
  };
  EXPECT_FALSE(written(1000)) << "a small one is copied: the block is worth more";
  EXPECT_EQ(allocations_of([&] { EXPECT_TRUE(written(1'000'000)); }), 0U);
  EXPECT_EQ(take(*inbox), std::string(1000, 'm'));
  EXPECT_EQ(take(*inbox), std::string(1'000'000, 'm'));
}

TEST_F(allocations_test, many_in_one_write_have_one_each_at_first_and_a_few_for_all) {
  constexpr unsigned many = 1000;
  auto h = open("lines", access::both);
  std::string lines;
  for (unsigned i = 0; i < many; ++i) lines += "a line of some length\n";
  counting_answer answer;
  const auto both = [&] {
    EXPECT_TRUE(write(*h, lines));
    h->read({.room = lines.size(), .now = now}, answer);
  };
  EXPECT_LE(allocations_of(both), many + 64);
  EXPECT_LE(allocations_of(both), 16U) << "they are made of what the first ones left";
  EXPECT_EQ(answer.got, 2 * lines.size());
}

}  // namespace
}  // namespace mailslot::test

// Many threads on one slot through every view at once: each message is taken once, copies come in order, and
// nothing is left when all have gone. Meant for the sanitizers; waits for conditions, never for a time.
#include "tests/support/view_world.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <thread>

namespace mailslot {
namespace {

using test::recorded_answer;

constexpr int writers = 3;
constexpr int each = 2000;

struct many_threads : testing::Test, test::view_world {};

// Reads until the end of the slot, in pieces of changing size; every tenth reader is gone when its bytes
// come.
std::string everything(test::view_world& world, handle& from, bool unlucky) {
  std::string all;
  for (std::size_t i = 0;; ++i) {
    recorded_answer answer;
    if (unlucky && i % 10 == 9) answer.go_away();
    world.read(from, answer, 0, 50 + i % 200);
    if (unlucky && i % 7 == 6) answer.signal();
    EXPECT_TRUE(answer.wait_until_answered());
    if (answer.error() == errc::interrupted || (unlucky && i % 10 == 9)) continue;
    EXPECT_FALSE(answer.error()) << answer.error().message();
    if (answer.text().empty() && world.inbox->unlinked()) return all;
    all += answer.text();
  }
}

TEST_F(many_threads, take_each_message_once_and_copy_it_to_all_who_follow) {
  inbox->change({.max_messages = writers * each + 1}, now);
  std::array<std::string, 4> taken;
  std::array<std::string, 2> followed;
  auto first_tail = open("lines+tail");
  auto second_tail = open("lines+tail");
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    readers.emplace_back([&, i] {
      const auto h = open(i % 2 == 0 ? "lines+wait" : "wait", access::both);
      taken[i] = everything(*this, *h, i >= 2);
    });
  }
  {
    std::vector<std::thread> posting;
    for (int w = 0; w < writers; ++w) {
      posting.emplace_back([&, w] {
        const auto h = open("lines", access::write);
        std::string stream;
        for (int i = 0; i < each; ++i) stream += std::to_string(w) + ":" + std::to_string(i) + "\n";
        for (std::size_t at = 0; at < stream.size(); at += 33) {
          const auto piece = std::string_view(stream).substr(at, 33);
          EXPECT_EQ(write(*h, piece), piece.size());
        }
        EXPECT_EQ(flush(*h), std::error_code());
      });
    }
    for (auto& t : posting) t.join();
  }
  // Readers still have what they took, and may give it back; what is left now is theirs before the end.
  inbox->unlink();
  for (auto& t : readers) t.join();
  followed[0] = read_to_end(*first_tail);
  followed[1] = read_to_end(*second_tail);

  std::map<std::string, int> seen;
  const auto count = [&seen](const std::string& lines) {
    for (std::size_t at = 0; at < lines.size();) {
      const auto end = lines.find('\n', at);
      ++seen[lines.substr(at, end - at)];
      at = end + 1;
    }
  };
  for (const auto& lines : taken) count(lines);
  for (const auto& text : waiting()) count(text);
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(writers * each));
  for (const auto& [line, times] : seen) EXPECT_EQ(times, 1) << line;
  EXPECT_EQ(followed[0], followed[1]);
  seen.clear();
  count(followed[0]);
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(writers * each));
  EXPECT_EQ(shared.waiting, 0U);
}

}  // namespace
}  // namespace mailslot

// What inotify sees: a write(2) to the slot's own file by itself, and everything else, with the same event,
// because touches the slot.
#include "fs/mailslot.h"
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>

#include <cstring>

namespace mailslot::test {
namespace {

class watch {
 public:
  explicit watch(const std::string& path)
      : queue_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
        id_(::inotify_add_watch(queue_.fd(), path.c_str(), IN_MODIFY | IN_ATTRIB)) {
    EXPECT_GE(id_, 0) << errno;
  }

  // Whether an event with one of `wanted` comes.
  bool sees(std::uint32_t wanted) {
    return eventually([&] { return (drain() & wanted) != 0; });
  }

  // All events that are there, together, and how many.
  std::uint32_t drain() {
    alignas(inotify_event) std::array<char, 4096> text{};
    std::uint32_t all = 0;
    for (ssize_t n = 0; (n = ::read(queue_.fd(), text.data(), text.size())) > 0;) {
      for (const char* at = text.data(); at < text.data() + n;) {
        inotify_event event{};
        std::memcpy(&event, at, sizeof(event));
        all |= event.mask;
        ++count_;
        at += sizeof(event) + event.len;
      }
    }
    return all;
  }
  std::size_t count() const { return count_; }

 private:
  file queue_;
  int id_;
  std::size_t count_ = 0;
};

TEST(inotify, sees_a_write_to_the_slot_itself) {
  mounted at;
  const auto slot = at.slot("box");
  watch seen(slot);
  ASSERT_EQ(post(slot, "hello"), 0);
  EXPECT_TRUE(seen.sees(IN_MODIFY));
}

TEST(inotify, sees_what_came_through_a_view) {
  mounted at;
  const auto slot = at.slot("Box");
  ASSERT_EQ(::mkdir((at / "deep").c_str(), 0755), 0);
  const auto deep = at.slot("deep/box");
  watch seen(slot);
  watch seen_below(deep);
  ASSERT_EQ(post(at / ".as/lines/box", "one\ntwo\n"), 0);
  EXPECT_TRUE(seen.sees(IN_MODIFY));
  ASSERT_EQ(post(at / ".as/json/deep/box", "{\"text\":\"three\"}\n"), 0);
  EXPECT_TRUE(seen_below.sees(IN_MODIFY));
}

TEST(inotify, sees_a_file_when_it_is_committed) {
  mounted at;
  const auto slot = at.slot("box");
  watch seen(slot);
  {
    file view(at / ".as/file/box", O_WRONLY);
    ASSERT_EQ(write_all(view.fd(), "part"), 0);
    EXPECT_EQ(at.info("box", "count"), "0");
  }
  EXPECT_EQ(at.info("box", "count"), "1");
  EXPECT_TRUE(seen.sees(IN_MODIFY));
}

TEST(inotify, sees_an_empty_message) {
  mounted at;
  const auto slot = at.slot("box");
  watch seen(slot);
  const file to(slot, O_WRONLY);
  ASSERT_EQ(::ioctl(to.fd(), MAILSLOT_IOC_POST_EMPTY), 0) << errno;
  EXPECT_TRUE(seen.sees(IN_MODIFY));
}

TEST(inotify, hears_of_many_arrivals_at_a_bounded_pace) {
  mounted at;
  const auto slot = at.slot("box");
  watch seen(slot);
  const file view(at / ".as/lines/box", O_WRONLY);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(write_all(view.fd(), "a line\n"), 0);
  EXPECT_TRUE(seen.sees(IN_MODIFY));
  const auto took = std::chrono::steady_clock::now() - began;
  // One every 20 ms, and one for the beginning and the end.
  const auto most = static_cast<std::size_t>(took / std::chrono::milliseconds(20)) + 2;
  EXPECT_LE(seen.count(), most);
  EXPECT_EQ(at.info("box", "posted"), "2000");
}

TEST(inotify, is_told_nothing_by_looking) {
  mounted at;
  const auto slot = at.slot("box");
  ASSERT_EQ(post(slot, "hello"), 0);
  watch seen(slot);
  EXPECT_EQ(take(at / ".as/peek/box"), "hello");
  EXPECT_NE(at.info("box", "count"), "(none)");
  const file idle(at / ".as/lines/box", O_WRONLY);
  // The next arrival is told after whatever these could have caused.
  ASSERT_EQ(post(at / ".as/lines/box", "x\n"), 0);
  EXPECT_TRUE(seen.sees(IN_MODIFY));
  EXPECT_EQ(seen.count(), 1U);
}

}  // namespace
}  // namespace mailslot::test

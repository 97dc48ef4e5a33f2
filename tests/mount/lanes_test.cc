// Many reads that wait at /dev/fuse are spread over several of its descriptors: that each gets its own answer
// and its own signal, that descriptors are given back, and what happens where there are none.
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <set>
#include <string_view>
#include <thread>

namespace mailslot::test {
namespace {

constexpr int in_one = 256;  // reads that wait by one descriptor

bool sanitized() {
  const char* how = std::getenv("SANITIZE");
  return how && *how;
}

struct lanes : testing::Test {
  mounted at{{"-o", "transport=dev"}};
  const std::string box = at.slot("box", "read_timeout=forever\nmax_messages=100000");

  long descriptors() const { return metric(at, "mailslot_device_descriptors"); }
  long threads() const { return metric(at, "mailslot_transport_threads"); }
  // All that may be left when nobody waits: who reads, the first one, and one to move to.
  long few() const { return threads() + 2; }
  bool wait_for(int count) const {
    return eventually([&] { return at.waiting("box") == count; }, 4 * patience);
  }
  // Leaves the daemon `more` descriptors for lanes, besides those that it has and 16 that it keeps free.
  void limit_descriptors(rlim_t more) const {
    if (const char* how = std::getenv("SANITIZE"); how && std::string_view(how) == "address")
      GTEST_SKIP() << "UBSan takes descriptors for itself";  // to see whether memory is readable
    const std::string open = "/proc/" + std::to_string(at.pid()) + "/fd/";
    rlim_t end = 0;
    for (rlim_t free = 0; free < more || std::filesystem::is_symlink(open + std::to_string(end)); ++end) {
      free += !std::filesystem::is_symlink(open + std::to_string(end));
    }
    const rlimit limit{end + 16, end + 16};
    ASSERT_EQ(::prlimit(at.pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
  }
};

// `count` threads, in processes, that read `path` once; each writes what it got to `out`, as one line.
std::vector<process> crowd(int count, const std::string& path, int out = -1) {
  constexpr int in_process = 500;
  std::vector<process> all;
  for (int left = count; left > 0; left -= in_process) {
    all.emplace_back([&, threads = std::min(left, in_process)] {
      static const file in(path, O_RDONLY);  // pread(2) does not wait for the position
      static const int to = out;
      pthread_attr_t small;
      pthread_attr_init(&small);
      pthread_attr_setstacksize(&small, 256 * 1024);
      std::vector<pthread_t> readers(static_cast<std::size_t>(threads));
      for (auto& r : readers) {
        const auto read = [](void*) -> void* {
          std::array<char, 64> room{};
          const auto n = ::pread(in.fd(), room.data(), room.size() - 1, 0);
          if (to >= 0 && n > 0) {
            room[static_cast<std::size_t>(n)] = '\n';
            [[maybe_unused]] const auto w = ::write(to, room.data(), static_cast<std::size_t>(n) + 1);
          }
          return nullptr;
        };
        if (pthread_create(&r, &small, read, nullptr) != 0) return 1;
      }
      for (auto& r : readers) pthread_join(r, nullptr);
      return 0;
    });
  }
  return all;
}

// Posts `count` messages, and sees whether each came to somebody.
void post_to_each(const std::string& box, int count, std::vector<process>& readers, const std::string& got) {
  std::set<std::string> sent;
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(post(box, *sent.insert("message " + std::to_string(i)).first), 0);
  }
  for (auto& r : readers) EXPECT_EQ(r.result(), 0);
  std::multiset<std::string> came;
  std::ifstream lines(got);
  for (std::string line; std::getline(lines, line);) came.insert(line);
  EXPECT_EQ(came.size(), sent.size());
  EXPECT_TRUE(std::ranges::equal(came, sent));
}

int waiting_readers() {
  return sanitized() ? 1500 : 5000;
}

TEST_F(lanes, are_as_many_as_it_takes_bring_each_reader_his_message_and_are_given_back) {
  const scratch_directory place;
  const std::string got = place.path() + "/got";
  for (int round = 0; round < 2; ++round) {
    const file out(got, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, 0600);
    auto readers = crowd(waiting_readers(), box, out.fd());
    ASSERT_TRUE(wait_for(waiting_readers())) << at.waiting("box");
    EXPECT_GE(descriptors(), waiting_readers() / in_one);
    EXPECT_LE(descriptors(), waiting_readers() / in_one + few());
    post_to_each(box, waiting_readers(), readers, got);
    EXPECT_TRUE(eventually([&] { return descriptors() <= few(); })) << descriptors();
  }
  ::unlink(got.c_str());
  EXPECT_EQ(metric(at, "mailslot_device_descriptors_refused_total"), 0);
}

TEST_F(lanes, whose_readers_are_killed_are_given_back) {
  auto readers = crowd(waiting_readers(), box);
  ASSERT_TRUE(wait_for(waiting_readers())) << at.waiting("box");
  for (const auto& r : readers) r.kill(SIGKILL);
  for (auto& r : readers) EXPECT_NE(r.join(), -1) << "cannot be killed";
  EXPECT_TRUE(wait_for(0));
  EXPECT_TRUE(eventually([&] { return descriptors() <= few(); })) << descriptors();
  ASSERT_EQ(post(box, "nobody is left"), 0);
  EXPECT_EQ(take(box), "nobody is left");
}

TEST_F(lanes, that_are_not_to_be_had_leave_all_to_those_there_are) {
  limit_descriptors(1);
  if (IsSkipped()) return;
  const scratch_directory place;
  const std::string got = place.path() + "/got";
  const file out(got, O_WRONLY | O_CREAT | O_APPEND, 0600);
  constexpr int count = 1500;
  auto readers = crowd(count, box, out.fd());
  ASSERT_TRUE(wait_for(count)) << at.waiting("box");
  EXPECT_EQ(descriptors(), 2);
  EXPECT_GT(metric(at, "mailslot_device_descriptors_refused_total"), 0);
  EXPECT_LE(metric(at, "mailslot_device_descriptors_refused_total"), count / in_one);
  post_to_each(box, count, readers, got);
  ::unlink(got.c_str());
}

// Where all descriptors are full, threads of the daemon move with each read that waits.
TEST_F(lanes, that_change_all_the_time_lose_no_signal_and_no_answer) {
  limit_descriptors(3);
  if (IsSkipped()) return;
  auto others = crowd(4 * in_one + 100, box);
  ASSERT_TRUE(wait_for(4 * in_one + 100)) << at.waiting("box");
  const std::string beside = at.slot("beside", "read_timeout=forever");
  const int rounds = sanitized() ? 300 : 1000;
  constexpr int at_once = 10;
  any_moment moment;
  for (int i = 0; i < rounds; i += at_once) {
    std::vector<process> some;
    for (int k = 0; k < at_once; ++k) {
      some.emplace_back([&] { return take(beside).starts_with("message") ? 0 : 1; });
    }
    for (int k = 0; k < at_once; ++k) {
      moment.pass();
      if (k % 2 == 0) {
        some[static_cast<std::size_t>(k)].kill(SIGKILL);
      } else {
        ASSERT_EQ(post(beside, "message"), 0);
      }
    }
    // One who is killed may have taken a message with him, or left one.
    ASSERT_TRUE(eventually([&] {
      return std::ranges::all_of(some, [](const process& p) { return mounted::is_zombie(p.pid()); }) ||
             post(beside, "message") != 0;
    }));
    for (auto& p : some) ASSERT_NE(p.join(), -1);
    const file left(beside, O_RDONLY | O_NONBLOCK);
    while (read_once(left.fd()) == "message") {
    }
    ASSERT_EQ(at.waiting("beside"), 0);
  }
  EXPECT_EQ(at.waiting("box"), 4 * in_one + 100);
}

TEST_F(lanes, end_with_the_daemon) {
  auto readers = crowd(1000, box);
  ASSERT_TRUE(wait_for(1000));
  EXPECT_EQ(at.stop(), 0);
  for (auto& r : readers) EXPECT_EQ(r.result(), 0);
}

TEST_F(lanes, end_with_a_mount_that_is_taken_away) {
  auto readers = crowd(1000, box);
  ASSERT_TRUE(wait_for(1000));
  ::umount2(at.path().c_str(), MNT_FORCE);  // in use, but its requests are ended
  ::umount2(at.path().c_str(), MNT_DETACH);
  EXPECT_EQ(at.wait_for_end(), 0);
  for (auto& r : readers) EXPECT_EQ(r.result(), 0);
}

}  // namespace
}  // namespace mailslot::test

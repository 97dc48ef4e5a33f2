// Many at once: ten thousand blocked readers, and eight writers and eight readers at one slot.
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <thread>

namespace mailslot::test {
namespace {

using clock = std::chrono::steady_clock;

bool sanitized() {
  const char* how = std::getenv("SANITIZE");
  return how && *how;
}

double milliseconds_since(clock::time_point start) {
  return std::chrono::duration<double, std::milli>(clock::now() - start).count();
}

// Threads of `pid` in state D, which no signal ends.
int uninterruptible(pid_t pid) {
  int n = 0;
  std::error_code failed;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", failed)) {
    std::ifstream stat(task.path() / "stat");
    const std::string text(std::istreambuf_iterator<char>(stat), {});
    const auto end = text.rfind(')');
    if (end != std::string::npos && text.compare(end, 3, ") D") == 0) ++n;
  }
  return n;
}

TEST(load, ten_thousand_blocked_readers_keep_nobody_from_working_and_can_be_killed) {
  constexpr int slots = 1000, processes = 20;
  const int readers = sanitized() ? 2000 : 10'000;  // a sanitizer's threads are heavy
  const int threads = readers / processes;
  mounted at;
  for (int i = 0; i < slots; ++i) at.slot("slot" + std::to_string(i), "read_timeout=forever");
  const std::string other = at.slot("other");

  std::vector<process> blocked;
  for (int p = 0; p < processes; ++p) {
    blocked.emplace_back([&, p] {
      std::vector<std::thread> all;
      for (int t = 0; t < threads; ++t) {
        const int slot = (p * threads + t) % slots;
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 256 * 1024);
        auto* path = new std::string(at / ("slot" + std::to_string(slot)));
        pthread_t thread{};
        const int failed = pthread_create(
            &thread, &small,
            [](void* given) -> void* {
              const file in(*static_cast<std::string*>(given), O_RDONLY);
              char byte = 0;
              [[maybe_unused]] const auto n = ::read(in.fd(), &byte, 1);
              return nullptr;
            },
            path);
        if (failed != 0) return 1;
      }
      for (;;) ::pause();
      return 0;
    });
  }
  const auto waiting = [&] {
    const auto text = take(at / ".metrics");
    const auto found = text.find("\nmailslot_waiting ");
    return found == std::string::npos ? -1 : std::atoi(text.c_str() + found + 18);
  };
  ASSERT_TRUE(eventually([&] { return waiting() == readers; }, 4 * patience)) << waiting();

  // Everybody else works.
  std::vector<double> times;
  for (int i = 0; i < 2000; ++i) {
    const std::string path =
        at / ("SLOT" + std::to_string(i % slots));  // not as it is spelled: asks the daemon
    const auto start = clock::now();
    struct stat s{};
    ASSERT_EQ(::stat(path.c_str(), &s), 0);
    times.push_back(milliseconds_since(start));
  }
  std::ranges::sort(times);
  const double slow = times[times.size() * 99 / 100];
  RecordProperty("stat_p99_us", static_cast<int>(1000 * slow));
  EXPECT_LT(slow, 1000.0);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(post(other, "x"), 0);
    ASSERT_EQ(take(other), "x");
  }
  ASSERT_EQ(post(at / "slot3", "!"), 0);
  EXPECT_TRUE(eventually([&] { return waiting() == readers - 1; }));

  // They end when they are killed, and take nothing with them.
  const auto start = clock::now();
  for (const auto& p : blocked) p.kill(SIGKILL);
  for (auto& p : blocked) {
    EXPECT_NE(p.join(), -1) << uninterruptible(p.pid()) << " threads cannot be killed";
  }
  RecordProperty("kill_ms", static_cast<int>(milliseconds_since(start)));
  EXPECT_TRUE(eventually([&] { return waiting() == 0; }));
  ASSERT_EQ(post(at / "slot5", "nobody is left"), 0);
  EXPECT_EQ(take(at / "slot5"), "nobody is left");
}

// A message with which whoever gets it can tell that it is whole: who wrote it, which one it is, a length
// that depends on that, and a checksum.
struct stamp {
  std::uint32_t writer, sequence, size, sum;
};

std::uint32_t checksum(const char* from, std::size_t size) {
  std::uint32_t h = 2166136261;
  for (std::size_t i = 0; i < size; ++i) h = (h ^ static_cast<unsigned char>(from[i])) * 16777619;
  return h;
}

std::size_t make(char* into, std::uint32_t writer, std::uint32_t sequence) {
  const std::size_t body = (sequence * 31 + writer) % 113;
  for (std::size_t i = 0; i < body; ++i) into[sizeof(stamp) + i] = static_cast<char>(sequence + i * writer);
  const stamp s{writer, sequence, static_cast<std::uint32_t>(body), checksum(into + sizeof(stamp), body)};
  std::memcpy(into, &s, sizeof(s));
  return sizeof(stamp) + body;
}

bool whole(const char* from, std::size_t size, stamp& s) {
  if (size < sizeof(s)) return false;
  std::memcpy(&s, from, sizeof(s));
  return size == sizeof(s) + s.size && s.size == (s.sequence * 31 + s.writer) % 113 &&
         s.sum == checksum(from + sizeof(s), s.size);
}

// What the processes of a run tell the test, in memory that they share.
class ledger {
 public:
  explicit ledger(std::size_t messages)
      : size_(messages),
        seen_(static_cast<std::atomic<std::uint8_t>*>(
            ::mmap(nullptr, messages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;
  ~ledger() { ::munmap(seen_, size_); }
  // False: it was there before.
  bool enter(std::size_t message) { return message < size_ && seen_[message].fetch_add(1) == 0; }
  std::size_t entered() const {
    std::size_t n = 0;
    for (std::size_t i = 0; i < size_; ++i) n += seen_[i] != 0;
    return n;
  }

 private:
  const std::size_t size_;
  std::atomic<std::uint8_t>* const seen_;
};

// `writers` post `each` messages each; `readers` take them until the slot is removed. Returns what was wrong.
std::string run_traffic(std::uint32_t writers, int readers, std::uint32_t each, bool in_order) {
  mounted at;
  const std::string box = at.slot("box", "read_timeout=forever");
  ledger all(std::size_t{writers} * each);
  std::vector<process> reading, writing;
  for (int r = 0; r < readers; ++r) {
    reading.emplace_back([&] {
      const file in(box, O_RDONLY);
      std::array<char, 1024> bytes{};
      std::vector<std::uint32_t> next(writers, 0);
      for (;;) {
        const ssize_t n = ::read(in.fd(), bytes.data(), bytes.size());
        if (n == 0) return 0;
        stamp s{};
        if (n < 0 || !whole(bytes.data(), static_cast<std::size_t>(n), s) || s.writer >= writers) return 1;
        if (!all.enter(std::size_t{s.writer} * each + s.sequence)) return 2;
        if (in_order ? s.sequence != next[s.writer] : s.sequence < next[s.writer]) return 3;
        next[s.writer] = s.sequence + 1;
      }
    });
  }
  for (std::uint32_t w = 0; w < writers; ++w) {
    writing.emplace_back([&, w] {
      const file out(box, O_WRONLY);
      std::array<char, 1024> bytes{};
      for (std::uint32_t i = 0; i < each;) {
        const std::size_t size = make(bytes.data(), w, i);
        const ssize_t n = ::write(out.fd(), bytes.data(), size);
        if (n == static_cast<ssize_t>(size)) {
          ++i;
        } else if (n < 0 && errno == ENOSPC) {
          ::usleep(1000);  // the readers are behind
        } else {
          return 1;
        }
      }
      return 0;
    });
  }
  std::string wrong;
  const auto note = [&](const char* what, int result) {
    if (result != 0) wrong += std::string(what) + " ended with " + std::to_string(result) + "; ";
  };
  const auto limit = 10 * patience;
  for (auto& w : writing) {
    eventually([&] { return mounted::is_zombie(w.pid()); }, limit);
    note("a writer", w.result());
  }
  if (!eventually([&] { return at.info("box", "count") == "0" && at.waiting("box") == readers; }, limit)) {
    wrong += at.info("box", "count") + " messages are left; ";
  }
  ::unlink(box.c_str());
  for (auto& r : reading) note("a reader", r.result());
  if (all.entered() != std::size_t{writers} * each)
    wrong += std::to_string(all.entered()) + " messages came; ";
  return wrong;
}

TEST(traffic, of_eight_writers_to_eight_readers_loses_doubles_and_tears_nothing) {
  EXPECT_EQ(run_traffic(8, 8, sanitized() ? 25'000 : 125'000, false), "");
}

TEST(traffic, of_one_writer_to_one_reader_stays_in_order) {
  EXPECT_EQ(run_traffic(1, 1, sanitized() ? 10'000 : 50'000, true), "");
}

TEST(traffic, of_many_writers_to_one_reader_stays_in_order_for_each) {
  EXPECT_EQ(run_traffic(4, 1, sanitized() ? 5'000 : 20'000, true), "");
}

}  // namespace
}  // namespace mailslot::test

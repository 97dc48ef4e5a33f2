// Over /dev/fuse and over io_uring, whichever the kernel offers: which it is and what is said of it, what
// happens where rings are forbidden, and whom a crowd of waiting readers on one CPU keeps from working.
#include "tests/support/mounted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <thread>

namespace mailslot::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

bool offered() {
  std::ifstream file("/sys/module/fuse/parameters/enable_uring");
  return file.get() == 'Y';
}

bool sanitized() {
  const char* how = std::getenv("SANITIZE");
  return how && *how;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string transport_of(const std::string& mountpoint) {
  const auto text = take(mountpoint + "/.metrics");
  const std::string before = "\nmailslot_transport{kind=\"";
  const auto found = text.find(before);
  if (found == std::string::npos) return "(none)";
  const auto begin = found + before.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

void run_on(unsigned cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof(one), &one);
}

// A daemon with its log in a file, in whose process `first` is called before the program begins.
class logged {
 public:
  explicit logged(
      const std::vector<std::string>& options, const std::function<void()>& first = [] {})
      : daemon_([&] {
          first();
          ::dup2(::open(log().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
          ::unsetenv("JOURNAL_STREAM");
          std::vector<std::string> words = {daemon_program(), place_.path(), "-f"};
          words.insert(words.end(), options.begin(), options.end());
          std::vector<char*> argv;
          for (auto& w : words) argv.push_back(w.data());
          argv.push_back(nullptr);
          ::execv(argv[0], argv.data());
          return 127;
        }) {}
  logged(const logged&) = delete;
  logged& operator=(const logged&) = delete;
  ~logged() {
    daemon_.kill(SIGTERM);
    daemon_.join();
    ::unlink(log().c_str());
  }

  std::string path() const { return place_.path(); }
  std::string text() const { return text_of(log()); }
  // What it says of how requests come.
  std::string way() const {
    EXPECT_TRUE(eventually([&] {
      return is_mounted(path()) && text().find("requests come") != std::string::npos;
    })) << text();
    return text();
  }
  int result() { return daemon_.result(); }

 private:
  std::string log() const { return log_.path() + "/log"; }

  scratch_directory place_, log_;
  process daemon_;
};

// From now on io_uring_setup(2) of this process and its children fails with `error`.
void forbid_rings(unsigned error) {
  const auto to = [](std::uint16_t code, std::uint32_t k, std::uint8_t yes = 0, std::uint8_t no = 0) {
    return sock_filter{code, yes, no, k};
  };
  std::array<sock_filter, 4> rules = {
      to(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      to(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      to(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      to(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{rules.size(), rules.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

// --- which way ---

TEST(way, is_the_best_that_the_kernel_offers_and_is_said_in_one_line) {
  const logged at({});
  EXPECT_THAT(at.way(),
              StartsWith(offered() ? "mailslotfs: requests come over io_uring\n"
                                   : "mailslotfs: requests come over /dev/fuse; not over io_uring: "));
  EXPECT_EQ(std::ranges::count(at.text(), '\n'), 1) << at.text();
  EXPECT_EQ(transport_of(at.path()), offered() ? "io_uring" : "dev");
}

TEST(way, is_the_device_where_it_is_asked_for) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{"-o", "transport=dev"}, {"-s"}}) {
    const logged at(options);
    EXPECT_THAT(at.way(), StartsWith("mailslotfs: requests come over /dev/fuse"));
    EXPECT_EQ(std::ranges::count(at.text(), '\n'), 1) << at.text();
    EXPECT_EQ(transport_of(at.path()), "dev");
  }
}

TEST(way, is_io_uring_or_none_where_that_is_asked_for) {
  if (offered()) {
    const logged at({"-o", "transport=uring"});
    EXPECT_EQ(at.way(), "mailslotfs: requests come over io_uring\n");
    EXPECT_EQ(transport_of(at.path()), "io_uring");
  }
  // One thread is not enough for it, whatever the kernel offers.
  logged refused({"-s", "-o", "transport=uring"});
  EXPECT_EQ(refused.result(), 1);
  EXPECT_THAT(refused.text(), StartsWith("mailslotfs: cannot serve over io_uring: "));
  EXPECT_EQ(std::ranges::count(refused.text(), '\n'), 1) << refused.text();
  EXPECT_FALSE(is_mounted(refused.path()));
}

TEST(way, is_the_device_where_rings_are_forbidden) {
  struct {
    unsigned error;
    const char* why;
  } const rows[] = {{EPERM, "this process may not use io_uring"},
                    {ENOSYS, "there is no io_uring here"},
                    {ENOMEM, "no memory for rings"},
                    {EMFILE, "cannot make a ring: "}};
  for (const auto& [error, why] : rows) {
    const logged at({}, [number = error] { forbid_rings(number); });
    EXPECT_THAT(at.way(), StartsWith("mailslotfs: requests come over /dev/fuse; not over io_uring: "));
    if (offered()) {
      EXPECT_THAT(at.text(), HasSubstr(why));
    }
    EXPECT_EQ(std::ranges::count(at.text(), '\n'), 1) << at.text();
    EXPECT_EQ(transport_of(at.path()), "dev");

    logged refused({"-o", "transport=uring"}, [number = error] { forbid_rings(number); });
    EXPECT_EQ(refused.result(), 1);
    EXPECT_FALSE(is_mounted(refused.path()));
  }
}

TEST(way, is_the_device_where_the_daemon_may_not_be_on_every_cpu) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one CPU only";
  const logged at({}, [] { run_on(0); });
  EXPECT_THAT(at.way(), StartsWith("mailslotfs: requests come over /dev/fuse; not over io_uring: "));
  if (offered()) {
    EXPECT_THAT(at.text(), HasSubstr("may not run on every CPU"));
  }
  EXPECT_EQ(transport_of(at.path()), "dev");
}

// --- many who wait ---

// `count` threads, in processes, all on `cpu`, that read `path` until it ends or they are killed.
std::vector<process> crowd(int count, unsigned cpu, const std::string& path) {
  constexpr int in_one = 500;
  std::vector<process> all;
  for (int left = count; left > 0; left -= in_one) {
    all.emplace_back([&, threads = std::min(left, in_one)] {
      run_on(cpu);
      static const file in(path, O_RDONLY);  // pread(2) does not wait for the position
      pthread_attr_t small;
      pthread_attr_init(&small);
      pthread_attr_setstacksize(&small, 256 * 1024);
      std::vector<pthread_t> readers(static_cast<std::size_t>(threads));
      for (auto& r : readers) {
        const auto read = [](void*) -> void* {
          std::string room(70'000, '\0');
          [[maybe_unused]] const auto n = ::pread(in.fd(), room.data(), room.size(), 0);
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

int readers() {
  return sanitized() ? 2000 : 10'000;
}

TEST(crowd, on_one_cpu_keeps_nobody_there_from_working_and_can_be_killed_at_once) {
  const mounted at;
  const std::string box = at.slot("box", "read_timeout=forever"), other = at.slot("other");
  for (int round = 0; round < 2; ++round) {
    const long before = metric(at, "mailslot_ring_entries");
    auto all = crowd(readers(), 0, box);
    // Those who ask from the same CPU are answered while the crowd is still coming.
    process busy([&] {
      run_on(0);
      for (int i = 0; i < 300; ++i) {
        struct stat s{};
        const std::string odd = at / ("BOX" + std::string(static_cast<std::size_t>(i % 3), '.'));
        ::stat(odd.c_str(), &s);
        if (post(other, "x") != 0 || take(other) != "x") return 1;
      }
      return 0;
    });
    EXPECT_EQ(busy.result(), 0);
    ASSERT_TRUE(eventually([&] { return at.waiting("box") == readers(); }, 4 * patience))
        << at.waiting("box");
    if (transport_of(at.path()) == "io_uring") {
      EXPECT_GE(metric(at, "mailslot_ring_parked"), readers());
      // Rings keep what they have grown to, so the second crowd finds room.
      if (round == 1) {
        EXPECT_LE(metric(at, "mailslot_ring_entries"), before + before / 2);
      }
    }
    for (const auto& p : all) p.kill(SIGKILL);
    for (auto& p : all) EXPECT_NE(p.join(), -1) << "cannot be killed";
    EXPECT_TRUE(eventually([&] { return at.waiting("box") == 0; }));
  }
  EXPECT_TRUE(eventually([&] { return metric(at, "mailslot_ring_parked") == 0; }));
  ASSERT_EQ(post(box, "nobody is left"), 0);
  EXPECT_EQ(take(box), "nobody is left");
}

// Kilobytes in memory.
long resident(pid_t pid) {
  const auto status = text_of("/proc/" + std::to_string(pid) + "/status");
  const auto found = status.find("VmRSS:");
  return found == std::string::npos ? -1 : std::atol(status.c_str() + found + 6);
}

TEST(crowd, that_was_answered_leaves_no_memory_behind) {
  if (sanitized()) GTEST_SKIP() << "a sanitizer keeps memory of its own";
  constexpr int count = 1000, size = 60'000;
  const mounted at;
  const std::string box = at.slot("box", "read_timeout=forever");
  const long before = resident(at.pid());
  auto all = crowd(count, 0, box);
  ASSERT_TRUE(eventually([&] { return at.waiting("box") == count; }));
  const std::string message(size, 'm');
  for (int i = 0; i < count; ++i) ASSERT_EQ(post(box, message), 0);
  for (auto& p : all) EXPECT_EQ(p.result(), 0);
  EXPECT_TRUE(eventually([&] { return resident(at.pid()) < before + 20'000; }))
      << before << " KiB before, now " << resident(at.pid());
}

TEST(readers, that_are_killed_as_they_begin_are_gone) {
  const mounted at;
  const std::string box = at.slot("box", "read_timeout=forever");
  const int rounds = sanitized() ? 500 : 5000;
  constexpr int at_once = 10;
  any_moment moment;
  for (int i = 0; i < rounds; i += at_once) {
    std::vector<process> some;
    for (int k = 0; k < at_once; ++k) {
      some.emplace_back([&] { return take(box).empty() ? 0 : 1; });
    }
    for (const auto& p : some) {
      moment.pass();
      p.kill(i % 3 == 0 ? SIGTERM : SIGKILL);
    }
    for (auto& p : some) ASSERT_NE(p.join(), -1) << "state " << mounted::state_of(p.pid());
  }
  EXPECT_TRUE(eventually([&] { return at.waiting("box") == 0; }));
}

// A signal that comes as the read begins is either taken before it or ends it, never forgotten.
TEST(readers, whose_signal_comes_as_they_begin_hear_of_it) {
  const mounted at;
  const std::string box = at.slot("box", "read_timeout=forever");
  for (int i = 0; i < (sanitized() ? 30 : 300); ++i) {
    process reader([&] {
      struct sigaction end{};
      end.sa_handler = [](int) { ::_exit(42); };
      ::sigaction(SIGUSR1, &end, nullptr);
      const file in(box, O_RDONLY);
      if (::fork() == 0) {
        ::kill(::getppid(), SIGUSR1);
        ::_exit(0);
      }
      read_once(in.fd(), 10);
      return 1;
    });
    ASSERT_EQ(reader.result(), 42) << "state " << mounted::state_of(reader.pid());
  }
}

}  // namespace
}  // namespace mailslot::test

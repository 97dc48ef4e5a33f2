// What only requests over io_uring can do wrong: rings that sleep, rings that let all others go first, rings
// that break, and rings that cannot grow. Skipped where the kernel does not offer it.
#include "tests/support/mounted.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <filesystem>

namespace mailslot::test {
namespace {

struct rings : testing::Test {
  void SetUp() override {
    std::ifstream file("/sys/module/fuse/parameters/enable_uring");
    if (file.get() != 'Y') GTEST_SKIP() << "the kernel does not offer io_uring for FUSE";
  }
};

// Threads of `pid` that wait for completions of io_uring.
std::vector<pid_t> ring_threads(pid_t pid) {
  std::vector<pid_t> all;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream file(task.path() / "syscall");
    long number = -1;
    if (file >> number && number == SYS_io_uring_enter)
      all.push_back(std::atoi(task.path().filename().c_str()));
  }
  return all;
}

bool kernel_can_wait_without_io_wait() {
  constexpr unsigned feature_no_iowait = 1U << 17U;  // Linux 6.15
  io_uring_params how{};
  const file made(static_cast<int>(::syscall(SYS_io_uring_setup, 1, &how)));
  return made && (how.features & feature_no_iowait) != 0;
}

// Threads of the machine that wait for I/O, as proc_stat(5) counts them.
unsigned long blocked_threads() {
  std::ifstream stat("/proc/stat");
  for (std::string key; stat >> key;) {
    unsigned long count = 0;
    if (key == "procs_blocked" && stat >> count) return count;
  }
  return 0;
}

TEST_F(rings, that_are_idle_do_not_count_as_waiting_for_io) {
  if (!kernel_can_wait_without_io_wait()) GTEST_SKIP() << "all that wait for io_uring count, before 6.15";
  const mounted at;
  ASSERT_EQ(post(at.slot("box"), "hello"), 0);
  ASSERT_TRUE(eventually([&] { return !ring_threads(at.pid()).empty(); }));
  const auto count = ring_threads(at.pid()).size();
  EXPECT_TRUE(eventually([&] { return blocked_threads() < count; })) << blocked_threads();
}

// Has the system call in which `thread` waits fail with `error`. False: not on this machine.
bool fail_call(pid_t thread, int error) {
#if defined(__x86_64__) || defined(__aarch64__)
  if (::ptrace(PTRACE_SEIZE, thread, 0, 0) != 0) return false;
  ::ptrace(PTRACE_INTERRUPT, thread, 0, 0);
  ::waitpid(thread, nullptr, __WALL);
  user_regs_struct registers{};
  iovec all{&registers, sizeof(registers)};
  ::ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &all);
#if defined(__x86_64__)
  registers.rax = static_cast<unsigned long long>(-error);
#else
  registers.regs[0] = static_cast<unsigned long long>(-error);
#endif
  ::ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &all);
  return ::ptrace(PTRACE_DETACH, thread, 0, 0) == 0;
#else
  return thread == error;
#endif
}

TEST_F(rings, that_break_end_the_mount_and_leave_nobody_waiting) {
  mounted at;
  const std::string box = at.slot("box", "read_timeout=forever");
  std::vector<process> readers;
  for (int i = 0; i < 20; ++i) {
    readers.emplace_back([&] { return take(box).starts_with("(errno") ? 0 : 1; });
  }
  ASSERT_TRUE(eventually([&] { return at.waiting("box") == 20; }));
  const auto threads = ring_threads(at.pid());
  ASSERT_FALSE(threads.empty());
  if (!fail_call(threads.back(), EBADF)) GTEST_SKIP() << "cannot trace a process here";
  const int status = at.wait_for_end();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
  EXPECT_FALSE(is_mounted(at.path()));
  for (auto& r : readers) EXPECT_NE(r.join(), -1) << "state " << mounted::state_of(r.pid());
}

// --- rings that let all others go first ---

std::size_t threads_that_are_last(pid_t pid) {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    if (::sched_getscheduler(std::atoi(task.path().filename().c_str())) == SCHED_IDLE) ++count;
  }
  return count;
}

// From SCHED_IDLE.
bool may_come_back(pid_t pid) {
  rlimit nice{};
  const auto needed = static_cast<rlim_t>(20 - ::getpriority(PRIO_PROCESS, 0));
  if (::prlimit(pid, RLIMIT_NICE, nullptr, &nice) == 0 && nice.rlim_cur >= needed) return true;
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string key; status >> key;) {
    unsigned long long capabilities = 0;
    if (key == "CapEff:" && status >> std::hex >> capabilities)
      return (capabilities >> CAP_SYS_NICE & 1) != 0;
  }
  return false;
}

TEST_F(rings, let_all_others_go_first_while_requests_come_fast_and_no_longer) {
  const mounted at;
  const file box(at.slot("box", "full=drop-oldest\nmax_messages=10"), O_WRONLY);
  ASSERT_TRUE(box);
  const auto write_for_a_moment = [&] {
    for (int i = 0; i < 1000; ++i) {
      if (::write(box.fd(), "x", 1) != 1) return false;
    }
    return true;
  };
  if (!may_come_back(at.pid())) GTEST_SKIP() << "neither RLIMIT_NICE nor CAP_SYS_NICE here";
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one processor: callers stay where they are";
  EXPECT_TRUE(eventually([&] { return write_for_a_moment() && threads_that_are_last(at.pid()) > 0; }));
  EXPECT_GT(metric(at, "mailslot_ring_courteous_total"), 0);
  EXPECT_TRUE(eventually([&] { return threads_that_are_last(at.pid()) == 0; }));
}

// --- rings that cannot grow ---

// As root's memory limits do: no more address space than there is and `more` bytes.
void limit_memory(pid_t pid, rlim_t more) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  rlim_t pages = 0;
  statm >> pages;
  const rlim_t most = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + more;
  const rlimit limit{most, most};
  ASSERT_EQ(::prlimit(pid, RLIMIT_AS, &limit, nullptr), 0);
}

TEST_F(rings, that_cannot_grow_refuse_whoever_would_wait_and_answer_all_others) {
  if (const char* how = std::getenv("SANITIZE"); how && *how)
    GTEST_SKIP() << "a sanitizer takes address space for itself";
  constexpr int count = 1000;
  constexpr rlim_t for_all_else = 32U << 20U;  // not enough for another batch of entries
  const mounted at;
  const std::string box = at.slot("box", "read_timeout=forever"), other = at.slot("other");
  limit_memory(at.pid(), for_all_else);
  std::vector<process> readers;
  for (int i = 0; i < count; ++i) {
    readers.emplace_back([&] { return take(box) == errno_text(EAGAIN) ? 1 : 0; });
  }
  // Some wait, as many as there is room for; the others were told.
  EXPECT_TRUE(eventually([&] {
    const long waiting = at.waiting("box");
    return waiting > 0 && waiting + metric(at, "mailslot_ring_refused_total") == count;
  })) << at.waiting("box")
      << " wait, " << metric(at, "mailslot_ring_refused_total") << " were refused";
  const long refused = metric(at, "mailslot_ring_refused_total");
  EXPECT_GT(refused, 0);
  EXPECT_LT(metric(at, "mailslot_ring_entries"), count);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(post(other, "still here"), 0);
    ASSERT_EQ(take(other), "still here");
  }
  for (long i = refused; i < count; ++i) ASSERT_EQ(post(box, "for one of you"), 0);
  int told = 0;
  for (auto& r : readers) {
    const int result = r.result();
    EXPECT_GE(result, 0);
    told += result;
  }
  EXPECT_EQ(told, refused);
}

}  // namespace
}  // namespace mailslot::test

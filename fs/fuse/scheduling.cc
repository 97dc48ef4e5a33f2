// System calls.
#include "fs/fuse/scheduling.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <thread>

namespace mailslot {
namespace {

bool change_to(int policy) {
  const sched_param none{};
  return ::sched_setscheduler(0, policy, &none) == 0;
}

// Found out by the first who asks; some libraries tell a thread only of those on which it may run.
unsigned processors() {
  static const unsigned count = std::thread::hardware_concurrency();
  return count;
}

// Where it is another daemon's (lxcfs), asking would be a request to that: -1.
int open_loadavg() {
  const int file = ::open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
  struct statfs where{};
  if (file < 0 || (::fstatfs(file, &where) == 0 && where.f_type == PROC_SUPER_MAGIC)) return file;
  ::close(file);
  return -1;
}

}  // namespace

bool keep_way_back() {
  const auto needed = static_cast<rlim_t>(20 - ::getpriority(PRIO_PROCESS, 0));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NICE, &limit) != 0) return false;
  if (limit.rlim_cur >= needed) return true;
  limit.rlim_cur = needed;
  limit.rlim_max = std::max(limit.rlim_max, needed);
  return ::setrlimit(RLIMIT_NICE, &limit) == 0;
}

bool may_go_last() {
  bool may = false;
  std::thread([&may] { may = processors() > 1 && go_last() && go_as_usual(); }).join();
  return may;
}

bool go_last() {
  return ::sched_getscheduler(0) == SCHED_OTHER && change_to(SCHED_IDLE);
}

bool go_as_usual() {
  return change_to(SCHED_OTHER);
}

void take_short_turns() {
  // glibc has had neither the call nor the structure before 2.41.
  struct {
    std::uint32_t size, policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t runtime, deadline, period;  // nanoseconds
  } how{};
  how.size = sizeof(how);
  how.policy = SCHED_OTHER;
  how.nice = ::getpriority(PRIO_PROCESS, 0);
  how.runtime = 100'000;
  ::syscall(SYS_sched_setattr, 0, &how, 0);
}

bool a_processor_is_idle() {
  static const int file = open_loadavg();
  std::array<char, 64> text{};  // "0.00 0.01 0.05 1/123 4567"
  if (::pread(file, text.data(), text.size() - 1, 0) <= 0) return false;
  unsigned running = 0;
  return std::sscanf(text.data(), "%*s %*s %*s %u/", &running) == 1 && running < processors();
}

std::chrono::nanoseconds time_run() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace mailslot

// Signals that wait for a thread whose status is long: that of a user in many groups.
#include "fs/fuse/pending_signals.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <numeric>
#include <thread>
#include <vector>

namespace mailslot::test {
namespace {

// A process in that many groups, which has stopped itself.
pid_t stopped_in_groups(gid_t count) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::vector<gid_t> groups(count);
    std::iota(groups.begin(), groups.end(), 1'000'000'000U);
    if (::setgroups(groups.size(), groups.data()) != 0) ::_exit(errno);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  return pid;
}

TEST(pending_signals, are_seen_behind_any_number_of_groups) {
  for (const gid_t count : {0U, 10U, 400U, 65'536U}) {
    const pid_t pid = stopped_in_groups(count);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, WUNTRACED), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EPERM) GTEST_SKIP() << "only root may join groups";
    ASSERT_TRUE(WIFSTOPPED(status));
    EXPECT_EQ(signals_pending_for(pid), pending_signals::none) << count;
    ::kill(pid, SIGUSR1);
    EXPECT_EQ(signals_pending_for(pid), pending_signals::shared) << count;
    ::syscall(SYS_tgkill, pid, pid, SIGUSR2);
    EXPECT_EQ(signals_pending_for(pid), pending_signals::own) << count;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

TEST(pending_signals, are_none_of_a_thread_that_ends_meanwhile) {
  for (int i = 0; i < 3000; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    std::thread reaper([pid] { ::waitpid(pid, nullptr, 0); });
    while (::kill(pid, 0) == 0) ASSERT_EQ(signals_pending_for(pid), pending_signals::none);
    reaper.join();
  }
}

}  // namespace
}  // namespace mailslot::test

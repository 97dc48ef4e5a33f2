// Reads that wait, through a real mount: until a message, a timeout, a signal or the end of the slot, without
// keeping anybody else from working.
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <thread>

namespace mailslot::test {
namespace {

struct blocking : testing::Test {
  mounted at;
  std::string inbox = at.slot("inbox", "read_timeout=forever");

  // Reads again after EINTR, as cat(1) does.
  std::string take_patiently() const {
    const file in(inbox, O_RDONLY);
    for (;;) {
      auto text = read_once(in.fd());
      if (text != errno_text(EINTR)) return text;
    }
  }

  bool waits(int readers = 1) const {
    return eventually([&] { return at.waiting("inbox") == readers; });
  }
};

TEST_F(blocking, a_message_goes_straight_to_the_reader_who_waits) {
  process reader([&] { return take(inbox) == "hello" ? 0 : 1; });
  ASSERT_TRUE(waits());
  EXPECT_EQ(post(inbox, "hello"), 0);
  EXPECT_EQ(reader.result(), 0);
  EXPECT_EQ(at.info("inbox", "count"), "0");
}

TEST_F(blocking, readers_are_served_in_the_order_in_which_they_came) {
  std::vector<process> readers;
  for (char c = 'a'; c < 'k'; ++c) {
    readers.emplace_back([this, c] { return take(inbox) == std::string(1, c) ? 0 : 1; });
    ASSERT_TRUE(waits(c - 'a' + 1));
  }
  for (char c = 'a'; c < 'k'; ++c) EXPECT_EQ(post(inbox, std::string(1, c)), 0);
  for (auto& r : readers) EXPECT_EQ(r.result(), 0);
}

TEST_F(blocking, a_finite_timeout_ends_in_end_of_file) {
  at.set("inbox", "read_timeout=20");
  EXPECT_EQ(take(inbox), "");
  at.set("inbox", "read_timeout=0");
  EXPECT_EQ(take(inbox), "");
}

TEST_F(blocking, a_changed_timeout_counts_for_later_reads) {
  process reader([&] { return take(inbox) == "late" ? 0 : 1; });
  ASSERT_TRUE(waits());
  at.set("inbox", "read_timeout=0");
  EXPECT_EQ(take(inbox), "");
  EXPECT_EQ(at.waiting("inbox"), 1);
  EXPECT_EQ(post(inbox, "late"), 0);
  EXPECT_EQ(reader.result(), 0);
}

TEST_F(blocking, o_nonblock_is_looked_at_on_every_read) {
  const file in(inbox, O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(read_once(in.fd()), errno_text(EAGAIN));
  ASSERT_EQ(post(inbox, "x"), 0);
  EXPECT_EQ(read_once(in.fd()), "x");
  ASSERT_EQ(::fcntl(in.fd(), F_SETFL, 0), 0);
  process reader([&] { return read_once(in.fd()) == "y" ? 0 : 1; });
  ASSERT_TRUE(waits());
  ASSERT_EQ(post(inbox, "y"), 0);
  EXPECT_EQ(reader.result(), 0);
  ASSERT_EQ(::fcntl(in.fd(), F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(read_once(in.fd()), errno_text(EAGAIN));
}

TEST_F(blocking, a_signal_with_a_handler_ends_the_read_with_eintr) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const file interrupted(ends[0]), tell(ends[1]);
  process reader([&] {
    struct sigaction nothing{};
    nothing.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &nothing, nullptr);  // without SA_RESTART
    const file in(inbox, O_RDONLY);
    if (read_once(in.fd()) != errno_text(EINTR)) return 1;
    write_all(tell.fd(), "!");
    return read_once(in.fd()) == "after" ? 0 : 2;
  });
  ASSERT_TRUE(waits());
  reader.kill(SIGUSR1);
  ASSERT_EQ(read_once(interrupted.fd(), 1), "!");
  ASSERT_EQ(post(inbox, "after"), 0);
  EXPECT_EQ(reader.result(), 0);
}

TEST_F(blocking, a_signal_that_is_restarted_or_ignored_loses_nothing) {
  process reader([&] {
    struct sigaction nothing{};
    nothing.sa_handler = [](int) {};
    nothing.sa_flags = SA_RESTART;
    ::sigaction(SIGUSR1, &nothing, nullptr);
    ::signal(SIGUSR2, SIG_IGN);
    return take_patiently() == "x" ? 0 : 1;
  });
  ASSERT_TRUE(waits());
  for (int i = 0; i < 50; ++i) reader.kill(i % 2 == 0 ? SIGUSR1 : SIGUSR2);
  ASSERT_TRUE(waits());
  ASSERT_EQ(post(inbox, "x"), 0);
  EXPECT_EQ(reader.result(), 0);
}

TEST_F(blocking, signals_and_messages_that_race_lose_and_double_nothing) {
  constexpr int count = 300;
  // The reader counts what it got where the test can see it.
  auto* got = static_cast<std::atomic<int>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(got, MAP_FAILED);
  process reader([&] {
    struct sigaction nothing{};
    nothing.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &nothing, nullptr);
    const file in(inbox, O_RDONLY);
    for (int next = 0; next < count;) {
      const auto text = read_once(in.fd());
      if (text == errno_text(EINTR)) continue;
      if (text != std::to_string(next)) return 1;
      got->store(++next);
    }
    return 0;
  });
  ASSERT_TRUE(waits());
  for (int i = 0; i < count; ++i) {
    reader.kill(SIGUSR1);
    ASSERT_EQ(post(inbox, std::to_string(i)), 0);
    reader.kill(SIGUSR1);
  }
  EXPECT_EQ(reader.result(), 0);
  EXPECT_EQ(got->load(), count);
  ::munmap(got, 4096);
}

TEST_F(blocking, a_killed_reader_is_gone_at_once_and_takes_nothing) {
  for (const int signal : {SIGKILL, SIGTERM, SIGINT}) {
    process reader([&] { return take(inbox).empty() ? 0 : 1; });
    ASSERT_TRUE(waits());
    reader.kill(signal);
    EXPECT_NE(reader.join(), -1) << signal;
    ASSERT_TRUE(waits(0));
  }
  ASSERT_EQ(post(inbox, "still here"), 0);
  EXPECT_EQ(take(inbox), "still here");
}

TEST_F(blocking, a_stopped_reader_goes_on_when_it_is_continued) {
  process reader([&] { return take_patiently() == "x" ? 0 : 1; });
  ASSERT_TRUE(waits());
  reader.kill(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return mounted::state_of(reader.pid()) == 'T'; }));
  ASSERT_EQ(post(inbox, "x"), 0);
  reader.kill(SIGCONT);
  EXPECT_EQ(reader.result(), 0);
}

TEST_F(blocking, a_write_through_the_descriptor_of_a_blocked_read_does_not_wait) {
  const file both(inbox, O_RDWR);
  process reader(
      [&] { return read_once(both.fd()) == "ping" ? 0 : 1; });  // shares the open file, as a subshell does
  ASSERT_TRUE(waits());
  EXPECT_EQ(write_all(both.fd(), "ping"), 0);
  EXPECT_EQ(reader.result(), 0);
}

TEST_F(blocking, readers_do_not_keep_anybody_from_working) {
  std::vector<process> readers;
  for (int i = 0; i < 40; ++i) readers.emplace_back([&] { return take(inbox).empty() ? 1 : 0; });
  ASSERT_TRUE(waits(40));
  at.slot("other");
  EXPECT_EQ(post(at / "other", "x"), 0);
  EXPECT_EQ(take(at / "other"), "x");
  EXPECT_EQ(::chmod(inbox.c_str(), 0666), 0);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(post(inbox, "x"), 0);
  for (auto& r : readers) EXPECT_EQ(r.result(), 0);
}

TEST_F(blocking, one_thread_serves_them_all_when_told_to) {
  const mounted single({"-s"});
  single.slot("box", "read_timeout=forever");
  std::vector<process> readers;
  for (int i = 0; i < 20; ++i) readers.emplace_back([&] { return take(single / "box").empty() ? 1 : 0; });
  ASSERT_TRUE(eventually([&] { return single.waiting("box") == 20; }));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(post(single / ".as/lines/box", "x\n"), 0);
  for (auto& r : readers) EXPECT_EQ(r.result(), 0);
}

TEST_F(blocking, closing_from_another_thread_does_not_disturb_a_read) {
  // The read keeps the open file; what it gets is not lost when only the number is gone.
  const file in(inbox, O_RDONLY);
  std::string got;
  std::thread reader([&] { got = read_once(file(::dup(in.fd())).fd()); });
  const bool parked = waits();
  EXPECT_TRUE(parked);
  EXPECT_EQ(post(inbox, "x"), 0);
  reader.join();
  EXPECT_EQ(got, "x");
}

TEST_F(blocking, a_reader_that_closes_the_moment_it_is_answered_harms_nothing) {
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(post(inbox, "whole"), 0);
    const file in(inbox, O_RDONLY);
    ASSERT_EQ(read_once(in.fd(), i % 2 == 0 ? 100 : 2), i % 2 == 0 ? "whole" : "wh");
    if (i % 2 != 0) {
      ASSERT_EQ(read_once(in.fd(), 100), "ole");
    }
  }
  EXPECT_TRUE(at.alive());
  EXPECT_EQ(at.info("inbox", "count"), "0");
}

}  // namespace
}  // namespace mailslot::test

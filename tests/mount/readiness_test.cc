// poll(2), select(2) and epoll(7) on slots: no arrival missed, nothing reported without cause.
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>

#include <atomic>
#include <set>

namespace mailslot::test {
namespace {

constexpr int long_enough = 60'000;  // milliseconds, for what must come

// What poll(2) says of `fd` within `timeout`.
short events_of(int fd, short wanted, int timeout = 0) {
  pollfd p{fd, wanted, 0};
  return ::poll(&p, 1, timeout) < 0 ? POLLNVAL : p.revents;
}

struct readiness : testing::Test {
  mounted at;
  std::string inbox = at.slot("inbox");

  void SetUp() override {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
};

TEST_F(readiness, a_slot_is_readable_when_a_message_waits_and_writable_when_there_is_room) {
  const file both(inbox, O_RDWR);
  EXPECT_EQ(events_of(both.fd(), POLLIN | POLLOUT), POLLOUT);
  ASSERT_EQ(post(inbox, "x"), 0);
  EXPECT_EQ(events_of(both.fd(), POLLIN | POLLOUT, long_enough), POLLIN | POLLOUT);
  ASSERT_EQ(read_once(both.fd()), "x");
  EXPECT_EQ(events_of(both.fd(), POLLIN), 0);
}

TEST_F(readiness, writers_that_leave_are_no_hang_up) {
  const file in(inbox, O_RDONLY);
  ASSERT_EQ(post(inbox, "x"), 0);
  ASSERT_EQ(read_once(in.fd()), "x");
  EXPECT_EQ(events_of(in.fd(), POLLIN | POLLRDHUP | POLLHUP), 0);
}

TEST_F(readiness, poll_ends_with_the_arrival_of_a_message) {
  at.set("inbox", "read_timeout=forever");
  const file in(inbox, O_RDONLY);
  process poller(
      [&] { return events_of(in.fd(), POLLIN, long_enough) == POLLIN && read_once(in.fd()) == "x" ? 0 : 1; });
  ASSERT_TRUE(eventually([&] { return mounted::state_of(poller.pid()) == 'S'; }));
  ASSERT_EQ(post(inbox, "x"), 0);
  EXPECT_EQ(poller.result(), 0);
}

TEST_F(readiness, select_knows_it_as_well) {
  const file in(inbox, O_RDONLY);
  const auto selected = [&](int seconds) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(in.fd(), &set);
    timeval t{seconds, 0};
    return ::select(in.fd() + 1, &set, nullptr, nullptr, &t);
  };
  EXPECT_EQ(selected(0), 0);
  ASSERT_EQ(post(inbox, "x"), 0);
  EXPECT_EQ(selected(60), 1);
}

TEST_F(readiness, a_full_slot_becomes_writable_when_a_reader_makes_room) {
  at.set("inbox", "max_messages=1");
  const file out(inbox, O_WRONLY);
  ASSERT_EQ(write_all(out.fd(), "1"), 0);
  EXPECT_EQ(events_of(out.fd(), POLLOUT), 0);
  process writer(
      [&] { return events_of(out.fd(), POLLOUT, long_enough) == POLLOUT ? write_all(out.fd(), "2") : 1; });
  ASSERT_TRUE(eventually([&] { return mounted::state_of(writer.pid()) == 'S'; }));
  EXPECT_EQ(take(inbox), "1");
  EXPECT_EQ(writer.result(), 0);
  EXPECT_EQ(take(inbox), "2");
}

TEST_F(readiness, a_slot_that_went_with_its_last_reader_is_an_error_for_writers) {
  at.set("inbox", "lifetime=handle");
  file in(inbox, O_RDONLY);
  const file out(inbox, O_WRONLY);
  EXPECT_EQ(events_of(out.fd(), POLLIN), 0);
  in.close();
  EXPECT_TRUE(events_of(out.fd(), POLLIN, long_enough) & POLLERR);
}

TEST_F(readiness, a_removed_slot_is_readable_since_a_read_ends_at_once) {
  at.set("inbox", "read_timeout=forever");
  const file in(inbox, O_RDONLY);
  EXPECT_EQ(events_of(in.fd(), POLLIN), 0);
  ASSERT_EQ(::unlink(inbox.c_str()), 0);
  EXPECT_EQ(events_of(in.fd(), POLLIN, long_enough), POLLIN);
  EXPECT_EQ(read_once(in.fd()), "");
}

TEST_F(readiness, what_a_reader_gives_back_is_an_arrival) {
  const file in(inbox, O_RDONLY);
  ASSERT_EQ(post(inbox, "half"), 0);
  file other(inbox, O_RDONLY);
  ASSERT_EQ(read_once(other.fd(), 1), "h");
  EXPECT_EQ(events_of(in.fd(), POLLIN), 0);
  other.close();
  EXPECT_EQ(events_of(in.fd(), POLLIN, long_enough), POLLIN);
  EXPECT_EQ(read_once(in.fd()), "half");
}

TEST_F(readiness, epoll_by_level_reports_until_all_is_read) {
  const file in(inbox, O_RDONLY | O_NONBLOCK), set(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event e{EPOLLIN, {}};
  ASSERT_EQ(::epoll_ctl(set.fd(), EPOLL_CTL_ADD, in.fd(), &e), 0);
  EXPECT_EQ(::epoll_wait(set.fd(), &e, 1, 0), 0);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(post(inbox, "x"), 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(::epoll_wait(set.fd(), &e, 1, long_enough), 1);
    ASSERT_EQ(read_once(in.fd()), "x");
  }
  EXPECT_EQ(::epoll_wait(set.fd(), &e, 1, 0), 0);
}

TEST_F(readiness, epoll_by_edge_reports_every_arrival_to_who_reads_until_eagain) {
  const file in(inbox, O_RDONLY | O_NONBLOCK), set(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event e{EPOLLIN | EPOLLET, {}};
  ASSERT_EQ(::epoll_ctl(set.fd(), EPOLL_CTL_ADD, in.fd(), &e), 0);
  constexpr int count = 2000;
  process writer([&] {
    const file out(inbox, O_WRONLY);
    for (int i = 0; i < count; ++i) {
      if (write_all(out.fd(), std::to_string(i)) != 0) return 1;
    }
    return 0;
  });
  for (int next = 0; next < count;) {
    ASSERT_EQ(::epoll_wait(set.fd(), &e, 1, long_enough), 1) << "after " << next;
    for (;;) {
      const auto text = read_once(in.fd(), 100);
      if (text == errno_text(EAGAIN)) break;
      ASSERT_EQ(text, std::to_string(next));
      ++next;
    }
  }
  EXPECT_EQ(writer.result(), 0);
}

TEST_F(readiness, a_thousand_pollers_of_one_slot_are_all_told) {
  constexpr int many = 1000;
  // Each has a handle of its own in one epoll set by edge: all of them must be reported for one message.
  std::vector<file> in;
  const file set(::epoll_create1(EPOLL_CLOEXEC));
  for (int i = 0; i < many; ++i) {
    in.emplace_back(inbox, O_RDONLY | O_NONBLOCK);
    ASSERT_TRUE(in.back());
    epoll_event e{EPOLLIN | EPOLLET, {.u32 = static_cast<std::uint32_t>(i)}};
    ASSERT_EQ(::epoll_ctl(set.fd(), EPOLL_CTL_ADD, in.back().fd(), &e), 0);
  }
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(post(inbox, "x"), 0);
    std::set<std::uint32_t> told;
    std::vector<epoll_event> events(many);
    while (told.size() < many) {
      const int n = ::epoll_wait(set.fd(), events.data(), many, long_enough);
      ASSERT_GT(n, 0) << told.size();
      for (int i = 0; i < n; ++i) told.insert(events[static_cast<std::size_t>(i)].data.u32);
    }
    ASSERT_EQ(read_once(in[7].fd()), "x");
    // Reading made room, which is an edge as well: look at all of them once more, none is readable.
    while (::epoll_wait(set.fd(), events.data(), many, 0) > 0) {
    }
    EXPECT_EQ(events_of(in[8].fd(), POLLIN), 0);
  }
  in.clear();
  EXPECT_TRUE(eventually([&] { return at.info("inbox", "readers") == "0"; }));
}

TEST_F(readiness, a_thousand_slots_in_one_epoll_set_miss_no_arrival) {
  constexpr std::uint32_t many = 1000;
  std::vector<file> in;
  const file set(::epoll_create1(EPOLL_CLOEXEC));
  for (std::uint32_t i = 0; i < many; ++i) {
    in.emplace_back(at.slot("slot" + std::to_string(i)), O_RDONLY | O_NONBLOCK);
    epoll_event e{EPOLLIN, {.u32 = i}};
    ASSERT_EQ(::epoll_ctl(set.fd(), EPOLL_CTL_ADD, in.back().fd(), &e), 0);
  }
  constexpr int rounds = 3;
  process writer([&] {
    for (int round = 0; round < rounds; ++round) {
      for (std::uint32_t i = 0; i < many; ++i) {
        if (post(at / ("slot" + std::to_string(i * 7 % many)), "x") != 0) return 1;
      }
    }
    return 0;
  });
  std::array<epoll_event, 64> events{};
  for (std::uint32_t got = 0; got < rounds * many;) {
    const int n = ::epoll_wait(set.fd(), events.data(), events.size(), long_enough);
    ASSERT_GT(n, 0) << "after " << got;
    for (int i = 0; i < n; ++i) {
      while (read_once(in[events[static_cast<std::size_t>(i)].data.u32].fd(), 100) == "x") ++got;
    }
  }
  EXPECT_EQ(writer.result(), 0);
  EXPECT_EQ(::epoll_wait(set.fd(), events.data(), events.size(), 0), 0);
}

}  // namespace
}  // namespace mailslot::test

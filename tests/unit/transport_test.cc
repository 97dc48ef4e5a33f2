// How requests come, as far as it can be seen without a mount: numbers of requests, memory of entries,
// pending signals and who looks for them, and what happens when the kernel says no.
#include "fs/fuse/transport.h"

#include "fs/fuse/uring_transport.h"
#include "tests/support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

namespace mailslot::test {
namespace {

using testing::HasSubstr;

TEST(cpus, are_counted_from_a_list_of_ranges) {
  EXPECT_EQ(count_cpus("0"), 1U);
  EXPECT_EQ(count_cpus("0-1"), 2U);
  EXPECT_EQ(count_cpus("0-3,8,10-11"), 7U);
  for (const char* wrong : {"", "x", "0-", "3-1", "0-1x", "0,,1", "-1"})
    EXPECT_EQ(count_cpus(wrong), 0U) << wrong;
}

TEST(pending, signals_are_read_from_the_status_of_a_thread) {
  const auto in = [](const char* own, const char* shared, const char* blocked) {
    return signals_pending_in(std::string("Name:\tSigPnd:\nThreads:\t1\nSigQ:\t0/9\nSigPnd:\t") + own +
                              "\nShdPnd:\t" + shared + "\nSigBlk:\t" + blocked +
                              "\nSigIgn:\t0000000000000000\n");
  };
  const char *none = "0000000000000000", *kill = "0000000000000100", *usr1 = "0000000000000200";
  EXPECT_EQ(in(none, none, none), pending_signals::none);
  EXPECT_EQ(in(kill, none, none), pending_signals::own);
  EXPECT_EQ(in(none, usr1, none), pending_signals::shared);
  EXPECT_EQ(in(kill, usr1, none), pending_signals::own);
  EXPECT_EQ(in(usr1, none, usr1), pending_signals::none);
  EXPECT_EQ(in(none, usr1, usr1), pending_signals::none);
  EXPECT_EQ(signals_pending_in(""), pending_signals::none);
}

TEST(pending, signals_of_a_real_thread_are_seen_when_it_does_not_block_them) {
  EXPECT_EQ(signals_pending_for(0), pending_signals::none);
  EXPECT_EQ(signals_pending_for(-1), pending_signals::none);
  sigset_t usr2;
  sigemptyset(&usr2);
  sigaddset(&usr2, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &usr2, nullptr);
  ::pthread_kill(::pthread_self(), SIGUSR2);
  EXPECT_EQ(signals_pending_for(::gettid()), pending_signals::none);  // blocked
  int number = 0;
  ::sigwait(&usr2, &number);
  ::pthread_sigmask(SIG_UNBLOCK, &usr2, nullptr);
}

struct watched : testing::Test {
  std::mutex mutex;
  std::set<std::uint64_t> waiting = {1, 2, 3};
  std::vector<std::uint64_t> interrupted;
  std::atomic<int> looks = 0;
  pending_signals seen = pending_signals::none;
  bool shared_once = false;

  signal_watch watch{{
      .still_waits =
          [this](const auto& r) {
            const std::lock_guard held(mutex);
            return waiting.contains(r.unique);
          },
      .look =
          [this](pid_t) {
            const std::lock_guard held(mutex);
            ++looks;
            return shared_once ? std::exchange(seen, pending_signals::none) : seen;
          },
      .interrupt =
          [this](const auto& r) {
            const std::lock_guard held(mutex);
            interrupted.push_back(r.unique);
          },
  }};
  std::size_t interrupts() {
    const std::lock_guard held(mutex);
    return interrupted.size();
  }
};

TEST_F(watched, a_signal_for_the_waiting_thread_interrupts_it) {
  seen = pending_signals::own;
  watch.watch({0, 1, 100});
  EXPECT_TRUE(eventually([&] { return interrupts() == 1; }));
  EXPECT_EQ(looks, 1);
}

TEST_F(watched, a_signal_for_its_process_must_still_be_there_at_a_second_look) {
  seen = pending_signals::shared;
  watch.watch({0, 1, 100});
  EXPECT_TRUE(eventually([&] { return interrupts() == 1; }));
  EXPECT_EQ(looks, 2);
}

TEST_F(watched, a_signal_that_another_thread_took_interrupts_nobody) {
  seen = pending_signals::shared;
  shared_once = true;
  watch.watch({0, 1, 100});
  EXPECT_TRUE(eventually([&] { return looks == 2; }));
  watch.watch({0, 2, 100});
  EXPECT_TRUE(eventually([&] { return looks == 3; }));
  EXPECT_EQ(interrupts(), 0U);
}

TEST_F(watched, what_was_answered_is_not_looked_at) {
  seen = pending_signals::own;
  watch.watch({0, 7, 100});
  watch.watch({0, 3, 100});
  EXPECT_TRUE(eventually([&] { return interrupts() == 1; }));
  EXPECT_EQ(interrupted.front(), 3U);
  EXPECT_EQ(looks, 1);
}

// Of all threads of this process: how often one went to sleep.
long sleeps() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_nvcsw;
}

TEST_F(watched, many_that_are_answered_soon_are_looked_for_together) {
  const auto before = sleeps();
  constexpr int count = 1000;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {  // without going to sleep itself
    while (std::chrono::steady_clock::now() < began + i * std::chrono::microseconds(100)) {
    }
    watch.watch({0, 9, 100});
  }
  EXPECT_LT(sleeps() - before, count / 3);
}

TEST(entry, is_found_from_its_request_and_tells_one_request_from_the_next) {
  uring_entry e;
  e.new_id();
  const auto first = e.id();
  EXPECT_TRUE(uring_entry::is_id(first));
  EXPECT_EQ(uring_entry::of_id(first), &e);
  std::set<std::uint64_t> ids = {first};
  for (int i = 0; i < 1000; ++i) {
    e.new_id();
    EXPECT_TRUE(ids.insert(e.id()).second);
    EXPECT_EQ(uring_entry::of_id(e.id()), &e);
  }
  for (int i = 0; i < 100'000; ++i) {  // around the end of the numbers
    e.new_id();
    ASSERT_TRUE(uring_entry::is_id(e.id()));
    ASSERT_EQ(e.id() >> 63U, 0U);
  }
  for (const std::uint64_t kernels : {0ULL, 1ULL, 2ULL, 123'456'789'012ULL})
    EXPECT_FALSE(uring_entry::is_id(kernels));
}

TEST(arena, gives_each_entry_memory_of_its_own_and_takes_it_back) {
  constexpr std::size_t payload = 100'000;
  uring_arena arena(payload);
  alignas(uring_ring) std::array<std::byte, sizeof(uring_ring)> nobody{};  // never looked at
  auto& ring = *reinterpret_cast<uring_ring*>(nobody.data());
  ASSERT_TRUE(arena.grow(ring, 10));
  ASSERT_TRUE(arena.grow(ring, 7));
  ASSERT_EQ(arena.size(), 17U);
  for (std::size_t i = 0; i < arena.size(); ++i) {
    auto& e = arena[i];
    EXPECT_EQ(e.parts[0].iov_len, sizeof(uring_abi::entry_header));
    EXPECT_EQ(e.parts[1].iov_len, payload);
    std::memset(e.header, static_cast<int>(i + 1), sizeof(*e.header));
    std::memset(e.room, static_cast<int>(i + 1), uring_entry::lead + payload);
  }
  for (std::size_t i = 0; i < arena.size(); ++i) {
    EXPECT_EQ(*arena[i].room, std::byte(i + 1));
    EXPECT_EQ(arena[i].payload()[payload - 1], std::byte(i + 1));
    EXPECT_EQ(arena[i].header->in_out[0], std::byte(i + 1));
  }
  arena[3].touched = payload;
  arena.release(arena[3]);
  EXPECT_EQ(arena[3].touched, 0U);
  EXPECT_EQ(arena[3].payload()[payload - 1], std::byte(0));
  EXPECT_EQ(arena[2].payload()[payload - 1], std::byte(3));
  EXPECT_EQ(*arena[4].room, std::byte(5));
}

TEST(figures, are_metrics) {
  const auto text = metrics_text({.name = "io_uring",
                                  .threads = 2,
                                  .entries = 128,
                                  .parked = 5,
                                  .unheard = 9,
                                  .courteous = 3,
                                  .kept_waiting = 1});
  EXPECT_THAT(text, HasSubstr("\nmailslot_transport{kind=\"io_uring\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nmailslot_ring_entries 128\n"));
  EXPECT_THAT(text, HasSubstr("\nmailslot_ring_parked 5\n"));
  EXPECT_THAT(text, HasSubstr("\nmailslot_ring_unheard_total 9\n"));
  EXPECT_THAT(text, HasSubstr("\nmailslot_ring_courteous_total 3\n"));
  EXPECT_THAT(text, HasSubstr("\nmailslot_ring_kept_waiting_total 1\n"));
  const auto of_device = metrics_text({.name = "dev", .descriptors = 40, .descriptors_refused = 7});
  EXPECT_THAT(of_device, HasSubstr("\nmailslot_device_descriptors 40\n"));
  EXPECT_THAT(of_device, HasSubstr("\nmailslot_device_descriptors_refused_total 7\n"));
}

// --- a session whose kernel is the test, on the other end of a socket pair ---

class served_by_test {
 public:
  explicit served_by_test(std::unique_ptr<transport> way) : way_(std::move(way)) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends_.data()), 0);
    ::signal(SIGPIPE, SIG_IGN);
    static const fuse_lowlevel_ops ops = [] {
      fuse_lowlevel_ops o{};
      o.statfs = [](fuse_req_t request, fuse_ino_t) { fuse_reply_err(request, ENOSPC); };
      return o;
    }();
    std::array<char*, 2> argv = {const_cast<char*>("fake"), nullptr};
    fuse_args args = FUSE_ARGS_INIT(1, argv.data());
    session_ = fuse_session_new(&args, &ops, sizeof(ops), nullptr);
    fuse_opt_free_args(&args);
    EXPECT_EQ(fuse_session_custom_io(session_, &way_->io(), ends_[1]), 0);
    way_->start(*session_, {.settled =
                                [this](const std::string& name, const std::string& why_not) {
                                  const std::lock_guard held(mutex_);
                                  name_ = name;
                                  why_not_ = why_not;
                                  ++settled_;
                                },
                            .ended = [] {}});
  }
  served_by_test(const served_by_test&) = delete;
  served_by_test& operator=(const served_by_test&) = delete;
  ~served_by_test() {
    fuse_session_exit(session_);
    ::close(ends_[0]);
    way_->stop();
    fuse_session_destroy(session_);
  }

  template <class Body>
  uring_abi::out_header ask(std::uint32_t opcode, std::uint64_t unique, const Body& body) {
    struct {
      uring_abi::in_header header{};
      Body body;
    } request{{}, body};
    request.header.len = sizeof(request);
    request.header.opcode = opcode;
    request.header.unique = unique;
    request.header.nodeid = 1;
    EXPECT_EQ(::send(ends_[0], &request, sizeof(request), 0), static_cast<ssize_t>(sizeof(request)));
    std::array<char, 4096> answer{};
    const auto n = ::recv(ends_[0], answer.data(), answer.size(), 0);
    uring_abi::out_header header{};
    EXPECT_GE(n, static_cast<ssize_t>(sizeof(header)));
    std::memcpy(&header, answer.data(), sizeof(header));
    std::memcpy(&begun_, answer.data() + sizeof(header), sizeof(begun_));
    return header;
  }
  // INIT, with these flags offered.
  void begin(std::uint32_t flags, std::uint32_t flags2) {
    const uring_abi::init_in in{7, 45, 1U << 20U, flags, flags2, {}};
    EXPECT_EQ(ask(uring_abi::opcode_init, 2, in).error, 0);
  }
  void expect_answers() {
    constexpr std::uint32_t statfs = 17;
    const auto answer = ask(statfs, 4, std::array<char, 0>{});
    EXPECT_EQ(answer.unique, 4U);
    EXPECT_EQ(answer.error, -ENOSPC);
  }
  std::string settled() {
    EXPECT_TRUE(eventually([&] {
      const std::lock_guard held(mutex_);
      return settled_ == 1;
    }));
    const std::lock_guard held(mutex_);
    return name_ + ": " + why_not_;
  }
  const uring_abi::init_out& begun() const { return begun_; }
  const transport& way() const { return *way_; }

 private:
  std::unique_ptr<transport> way_;
  std::array<int, 2> ends_{};
  fuse_session* session_ = nullptr;
  uring_abi::init_out begun_{};
  std::mutex mutex_;
  std::string name_, why_not_;
  int settled_ = 0;
};

TEST(device, answers) {
  auto choice = open_transport(transport_kind::dev, 2);
  served_by_test kernel(std::move(choice->made));
  EXPECT_EQ(kernel.settled(), "dev: ");
  kernel.begin(0, 0);
  kernel.expect_answers();
  EXPECT_EQ(kernel.way().figures().name, "dev");
  EXPECT_EQ(kernel.way().figures().threads, 2U);
}

struct rings : testing::Test {
  static std::unique_ptr<transport> made() {
    auto way = uring_transport::make(2, 2);
    return way ? std::move(*way) : nullptr;
  }
  void SetUp() override {
    if (const auto way = uring_transport::make(2, 1); !way) GTEST_SKIP() << "no io_uring: " << way.error();
  }
};

TEST_F(rings, of_a_kernel_that_does_not_offer_them_leave_it_to_the_device) {
  served_by_test kernel(made());
  kernel.begin(uring_abi::init_ext, 0);
  EXPECT_EQ(kernel.begun().flags2 & uring_abi::over_io_uring, 0U);
  kernel.expect_answers();
  EXPECT_EQ(kernel.settled(), "dev: the kernel does not offer it");
  EXPECT_EQ(kernel.way().figures().name, "dev");
}

TEST_F(rings, that_the_kernel_refuses_leave_it_to_the_device) {
  served_by_test kernel(made());
  kernel.begin(uring_abi::init_ext, uring_abi::over_io_uring);  // but a socket has no such commands
  EXPECT_NE(kernel.begun().flags & uring_abi::init_ext, 0U);
  EXPECT_NE(kernel.begun().flags2 & uring_abi::over_io_uring, 0U);
  EXPECT_THAT(kernel.settled(), HasSubstr("dev: the kernel refuses the rings: "));
  kernel.expect_answers();
}

TEST_F(rings, that_were_never_used_end) {
  served_by_test kernel(made());
}

}  // namespace
}  // namespace mailslot::test

// That each answer leaves through the descriptor through which its request came, also when it comes at a bad
// moment. The kernel is the test: like the real one it knows a request only at that descriptor.
#include "fs/fuse/device_lanes.h"

#include "fs/fuse/uring_abi.h"
#include "tests/support/eventually.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace mailslot::test {
namespace {

constexpr std::uint32_t opcode_statfs = 17;
constexpr std::size_t full = lane_plan::full_from;

// What a request is about decides what its handler does.
enum node : std::uint64_t { at_once = 1, later, meanwhile };

struct request {
  uring_abi::in_header header{};
  std::array<std::byte, sizeof(uring_abi::init_in)> body{};
};

// --- the kernel, one at a time ---

struct {
  std::mutex mutex;
  request next;                                   // what read() gives
  std::function<void()> before_read_returns;      // once the request is at its descriptor
  std::map<int, std::set<std::uint64_t>> at;      // requests without an answer
  std::map<std::uint64_t, std::int32_t> answers;  // by unique, also of INTERRUPT: the error
  std::set<int> closed;
  int clones = 0, most_clones = 1000;

  void begin() {
    const std::lock_guard held(mutex);
    next = {};
    before_read_returns = nullptr;
    at.clear();
    answers.clear();
    closed.clear();
    clones = 0;
    most_clones = 1000;
  }
} kernel;

constexpr int first_clone = 1'000'000;

ssize_t kernel_read(int fd, void* into, std::size_t, void* = nullptr) {
  const auto given = kernel.next;
  std::function<void()> pause;
  {
    const std::lock_guard held(kernel.mutex);
    if (given.header.opcode != uring_abi::opcode_interrupt) kernel.at[fd].insert(given.header.unique);
    pause = std::exchange(kernel.before_read_returns, nullptr);
  }
  std::memcpy(into, &given, given.header.len);
  if (pause) pause();
  return given.header.len;
}
ssize_t kernel_writev(int fd, const iovec* parts, int) {
  uring_abi::out_header header{};
  std::memcpy(&header, parts[0].iov_base, sizeof(header));
  const std::lock_guard held(kernel.mutex);
  auto& here = kernel.at[fd];
  if (kernel.closed.contains(fd) || !here.contains(header.unique & ~1ULL)) {
    errno = ENOENT;
    return -1;
  }
  if ((header.unique & 1U) == 0) here.erase(header.unique);
  kernel.answers[header.unique] = header.error;
  return header.len;
}
int kernel_clone(int) {
  const std::lock_guard held(kernel.mutex);
  if (kernel.clones == kernel.most_clones) return -1;
  return first_clone + kernel.clones++;
}
int kernel_close(int fd) {
  const std::lock_guard held(kernel.mutex);
  EXPECT_GE(fd, first_clone);
  EXPECT_TRUE(kernel.at[fd].empty()) << "requests are ended with their descriptor";
  EXPECT_TRUE(kernel.closed.insert(fd).second);
  return 0;
}
constexpr device_calls fake = {
    [](int fd, void* into, std::size_t room) { return kernel_read(fd, into, room); }, kernel_writev,
    kernel_clone, kernel_close};

// --- the session ---

std::mutex mutex;
std::vector<fuse_req_t> parked;
std::function<void(fuse_req_t)> while_handled;

void statfs(fuse_req_t request, fuse_ino_t about) {
  if (about == later) {
    const std::lock_guard held(mutex);
    parked.push_back(request);
  } else if (about == meanwhile) {
    while_handled(request);
  } else {
    fuse_reply_err(request, ENOSPC);
  }
}

// A thread that has read belongs to one session for life.
void in_a_thread(const std::function<void()>& what) {
  std::thread(what).join();
}

struct device : testing::Test {
  int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);  // libfuse closes it
  fuse_session* session = nullptr;
  std::unique_ptr<device_lanes> lanes;
  std::uint64_t last = 0;  // unique

  device() {
    kernel.begin();
    parked.clear();
    static const fuse_lowlevel_ops ops = [] {
      fuse_lowlevel_ops o{};
      o.statfs = statfs;
      return o;
    }();
    std::array<char*, 2> argv = {const_cast<char*>("fake"), nullptr};
    fuse_args args = FUSE_ARGS_INIT(1, argv.data());
    session = fuse_session_new(&args, &ops, sizeof(ops), nullptr);
    fuse_opt_free_args(&args);
    EXPECT_EQ(fuse_session_custom_io(session, &device_lanes::io, fd), 0);
    lanes = std::make_unique<device_lanes>(*session, fake);
    const uring_abi::init_in in{7, 45, 1U << 20U, 0, 0, {}};
    auto init = made(uring_abi::opcode_init, 0, &in, sizeof(in));
    in_a_thread([&] { EXPECT_EQ(serve(init), 0); });
  }
  device(const device&) = delete;
  device& operator=(const device&) = delete;
  ~device() override {
    lanes.reset();
    fuse_session_destroy(session);
  }

  request made(std::uint32_t opcode, std::uint64_t about, const void* body = nullptr, std::size_t size = 0) {
    request r;
    r.header.len = static_cast<std::uint32_t>(sizeof(r.header) + size);
    r.header.opcode = opcode;
    r.header.unique = last += 2;
    r.header.nodeid = about;
    if (size > 0) std::memcpy(r.body.data(), body, size);
    return r;
  }
  // Reads and handles it as a thread of the transport does. Its answer so far: 0, -ENOSPC, 1 for none.
  int serve(const request& r) const {
    kernel.next = r;
    std::array<char, 8192> room{};
    fuse_buf buffer{};
    buffer.mem = room.data();
    buffer.size = static_cast<std::size_t>(device_lanes::io.read(fd, room.data(), room.size(), nullptr));
    lanes->handle(buffer);
    return answer_to(r.header.unique);
  }
  static int answer_to(std::uint64_t unique) {
    const std::lock_guard held(kernel.mutex);
    const auto found = kernel.answers.find(unique);
    return found == kernel.answers.end() ? 1 : found->second;
  }
  std::uint64_t park() {
    const auto r = made(opcode_statfs, later);
    EXPECT_EQ(serve(r), 1);
    return r.header.unique;
  }
  std::vector<std::uint64_t> park(std::size_t count) {
    std::vector<std::uint64_t> all;
    while (all.size() < count) all.push_back(park());
    return all;
  }
  int descriptor_of(std::uint64_t unique) const {
    const std::lock_guard held(kernel.mutex);
    for (const auto& [at, requests] : kernel.at) {
      if (requests.contains(unique)) return at == fd ? 0 : at - first_clone + 1;
    }
    return -1;
  }
  static void answer_all() {
    for (auto* request : std::exchange(parked, {})) EXPECT_EQ(fuse_reply_err(request, EAGAIN), 0);
  }
};

TEST_F(device, answers_each_request_where_it_came) {
  in_a_thread([&] {
    const auto first = park(full), second = park(full), third = park(1);
    EXPECT_EQ(descriptor_of(first.back()), 0);
    EXPECT_EQ(descriptor_of(second.front()), 1);
    EXPECT_EQ(descriptor_of(third.front()), 2);
    EXPECT_EQ(lanes->open_lanes(), 3U);
    EXPECT_EQ(serve(made(opcode_statfs, at_once)), -ENOSPC);
    answer_all();
    for (const auto& some : {first, second, third}) {
      for (const auto unique : some) ASSERT_EQ(answer_to(unique), -EAGAIN);
    }
    EXPECT_EQ(lanes->open_lanes(), 3U) << "the first, one to move to, and the one that is read";
  });
}

TEST_F(device, answers_from_threads_that_do_not_read) {
  std::vector<std::uint64_t> all;
  in_a_thread([&] { all = park(3 * full); });
  in_a_thread([&] { answer_all(); });
  for (const auto unique : all) ASSERT_EQ(answer_to(unique), -EAGAIN);
}

TEST_F(device, answers_a_request_whose_handler_has_not_returned) {
  in_a_thread([&] {
    park(full);
    while_handled = [](fuse_req_t request) {
      in_a_thread([&] { EXPECT_EQ(fuse_reply_err(request, EAGAIN), 0); });
    };
    const auto early = made(opcode_statfs, meanwhile);
    EXPECT_EQ(serve(early), -EAGAIN);
    const auto more = park(full + 1);
    EXPECT_EQ(descriptor_of(more[full - 1]), 1) << "the other one does not count as waiting";
    EXPECT_EQ(descriptor_of(more[full]), 2);
    answer_all();
    for (const auto unique : more) ASSERT_EQ(answer_to(unique), -EAGAIN);
  });
}

TEST_F(device, sends_back_an_interrupt_that_overtook_its_request) {
  in_a_thread([&] {
    park(full);
    const auto slow = made(opcode_statfs, later);
    auto interrupt = made(uring_abi::opcode_interrupt, 0, &slow.header.unique, sizeof(slow.header.unique));
    interrupt.header.unique = slow.header.unique | 1U;
    const auto other = made(opcode_statfs, at_once);
    kernel.before_read_returns = [&] {
      in_a_thread([&] {
        EXPECT_EQ(serve(interrupt), 1);
        EXPECT_EQ(serve(other), -ENOSPC);  // upon which libfuse gives up on the interrupt
      });
    };
    EXPECT_EQ(serve(slow), 1);
    EXPECT_EQ(descriptor_of(slow.header.unique), 1);
    EXPECT_EQ(answer_to(interrupt.header.unique), -EAGAIN) << "it would never come again";
    answer_all();
    EXPECT_EQ(answer_to(slow.header.unique), -EAGAIN);
  });
}

TEST_F(device, goes_on_with_what_there_is) {
  kernel.most_clones = 1;
  in_a_thread([&] {
    const auto all = park(5 * full);
    EXPECT_EQ(lanes->open_lanes(), 2U);
    EXPECT_EQ(lanes->refused(), 4U) << "asked for again once as many more wait as fill one";
    answer_all();
    for (const auto unique : all) ASSERT_EQ(answer_to(unique), -EAGAIN);
  });
}

TEST_F(device, closes_all_at_its_end) {
  in_a_thread([&] { park(3 * full); });
  answer_all();
  lanes->close();
  EXPECT_EQ(kernel.clones, 3);
  EXPECT_EQ(kernel.closed.size(), 3U);
}

}  // namespace
}  // namespace mailslot::test

// io_uring_enter(2), in one call what liburing does in one or two.
#include "fs/fuse/uring_queue.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

namespace mailslot {
namespace {

using std::chrono::steady_clock;

constexpr unsigned submissions = 256, completions = 4096;

// How long the kernel may be short of memory for a submission.
constexpr auto patience = std::chrono::seconds(5);

// Linux 6.15, not in the headers of liburing 2.3. Without it, whoever waits for completions counts as waiting
// for I/O: an idle machine shows I/O pressure (/proc/pressure/io, "wa" of top).
constexpr unsigned feature_no_iowait = 1U << 17U, enter_no_iowait = 1U << 7U;

std::error_code system_error(int number) {
  return {number, std::generic_category()};
}

__kernel_timespec timespec_of(std::chrono::nanoseconds t) {
  constexpr long second = 1'000'000'000;
  return {t.count() / second, t.count() % second};
}

}  // namespace

std::error_code uring_queue::make() {
  io_uring_params how{};
  // Completions are made in the thread's own time, when it asks for them: that is what lets it give back
  // memory of entries that are idle, and wakes it least.
  how.flags = IORING_SETUP_SQE128 | IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER |
              IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED;
  how.cq_entries = completions;
  const int failed = io_uring_queue_init_params(submissions, &ring_, &how);
  made_ = failed >= 0;
  return system_error(made_ ? 0 : -failed);
}

std::error_code uring_queue::enable() {
  // io_uring_enable_rings(), which liburing 2.3 forgot to export.
  const int failed =
      io_uring_register(static_cast<unsigned>(ring_.ring_fd), IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  return system_error(failed < 0 ? -failed : 0);
}

void uring_queue::close() {
  if (std::exchange(made_, false)) io_uring_queue_exit(&ring_);
}

io_uring_sqe& uring_queue::next() {
  io_uring_sqe* s = io_uring_get_sqe(&ring_);
  if (!s) {  // full
    submit();
    s = broken_ ? nowhere_.data() : io_uring_get_sqe(&ring_);
  }
  std::memset(static_cast<void*>(s), 0, 2 * sizeof(*s));  // SQE128
  return *s;
}

void uring_queue::submit() {
  std::optional<steady_clock::time_point> limit;
  while (has_unsent() && !broken_) {
    const int sent = io_uring_submit(&ring_);
    judge(sent);
    if (sent != -EAGAIN && sent != -EBUSY) continue;
    const auto now = steady_clock::now();
    if (!limit) limit = now + patience;
    if (now > *limit) broken_ = system_error(-sent);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void uring_queue::offer() {
  if (has_unsent() && !broken_) judge(io_uring_submit(&ring_));
}

// Not at a time: io_uring means the clock of the machine by that, which in a time namespace is another one.
void uring_queue::alarm(std::chrono::nanoseconds after, std::uint64_t user_data) {
  auto& s = next();
  alarm_ = timespec_of(std::max(after, std::chrono::nanoseconds(0)));
  io_uring_prep_timeout(&s, &alarm_, 0, 0);
  s.user_data = user_data;
}

void uring_queue::exchange(unsigned at_least, std::optional<std::chrono::nanoseconds> longest) {
  __kernel_timespec wait{};
  io_uring_getevents_arg how{};
  how.sigmask_sz = _NSIG / 8;
  if (longest) {
    wait = timespec_of(std::max(*longest, std::chrono::nanoseconds(0)));
    how.ts = reinterpret_cast<std::uintptr_t>(&wait);
  }
  // Nothing is submitted by another thread, so the kernel's head moves in this call alone.
  std::atomic_ref(*ring_.sq.ktail).store(ring_.sq.sqe_tail, std::memory_order_release);
  const unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG |
                         ((ring_.features & feature_no_iowait) != 0 ? enter_no_iowait : 0);
  judge(io_uring_enter2(static_cast<unsigned>(ring_.ring_fd), io_uring_sq_ready(&ring_), at_least, flags,
                        reinterpret_cast<sigset_t*>(&how), sizeof(how)));
}

std::span<const uring_queue::completion> uring_queue::take() {
  std::array<io_uring_cqe*, 64> there{};
  static_assert(there.size() == std::tuple_size_v<decltype(taken_)>);
  const unsigned count = io_uring_peek_batch_cqe(&ring_, there.data(), there.size());
  for (unsigned i = 0; i < count; ++i) {
    taken_[i] = {there[i]->user_data, there[i]->res, (there[i]->flags & IORING_CQE_F_MORE) == 0};
  }
  io_uring_cq_advance(&ring_, count);
  return std::span(taken_).first(count);
}

void uring_queue::judge(int result) {
  const bool expected =
      result >= 0 || result == -EINTR || result == -EAGAIN || result == -EBUSY || result == -ETIME;
  if (!expected && !broken_) broken_ = system_error(-result);
}

}  // namespace mailslot

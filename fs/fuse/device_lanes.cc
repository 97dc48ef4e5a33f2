// A request that is answered by its handler, on the thread that read it, takes no lock and asks nobody: the
// answer leaves where the request came in. What waits is written down, and looked up when it is answered.
#include "fs/fuse/device_lanes.h"

#include "fs/fuse/custom_io.h"
#include "fs/fuse/uring_abi.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

// From linux/fuse.h, which does not go with fuse_lowlevel.h.
#define FUSE_DEV_IOC_CLONE _IOR(229, 0, std::uint32_t)

namespace mailslot {
namespace {

enum : std::uint32_t { opcode_forget = 2, opcode_batch_forget = 42 };
constexpr std::uint64_t of_interrupt = 1;  // the bit by which INTERRUPT's unique differs from its request's

// The sessions that are served, by their descriptor. Not held while anything else is.
struct sessions {
  std::mutex mutex;
  std::vector<std::pair<int, device_lanes*>> all;
};
sessions& served() {
  static auto& all = *new sessions;  // for as long as the program runs, whoever ends first
  return all;
}
device_lanes* lanes_of(int device) {
  auto& [mutex, all] = served();
  const std::lock_guard held(mutex);
  const auto found = std::ranges::find(all, device, &std::pair<int, device_lanes*>::first);
  return found == all.end() ? nullptr : found->second;
}
void forget_lanes(const device_lanes* gone) {
  auto& [mutex, all] = served();
  const std::lock_guard held(mutex);
  std::erase_if(all, [&](const auto& each) { return each.second == gone; });
}

// What a thread that reads knows about itself.
struct reader {
  device_lanes* of = nullptr;
  int device = -1;            // the session's
  lane at = 0;                // through which it reads
  int descriptor = -1;        // that lane's
  std::uint64_t in_hand = 0;  // the request that it handles, as long as that has no answer
};
constinit thread_local reader here;

bool expects_answer(const uring_abi::in_header& in) {
  return in.opcode != opcode_forget && in.opcode != opcode_batch_forget &&
         in.opcode != uring_abi::opcode_interrupt && in.opcode != uring_abi::opcode_notify_reply;
}

// Descriptors of the process that clones leave to others: /proc/PID/stat, sockets.
constexpr rlim_t left_free = 16;

int clone_of(int device) {
  rlimit limit{};
  const int made = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  auto source = static_cast<std::uint32_t>(device);
  if (made < 0) return -1;
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && static_cast<rlim_t>(made) + left_free < limit.rlim_cur &&
      ::ioctl(made, FUSE_DEV_IOC_CLONE, &source) == 0) {
    return made;
  }
  ::close(made);
  return -1;
}

}  // namespace

const fuse_custom_io device_lanes::io = custom_io(write, read);

const device_calls device_calls::real = {::read, ::writev, clone_of, ::close};

device_lanes::device_lanes(fuse_session& session, const device_calls& calls)
    : session_(session), calls_(calls), device_(fuse_session_fd(&session)) {
  descriptors_[0] = device_;
  auto& [mutex, all] = served();
  const std::lock_guard held(mutex);
  all.emplace_back(device_, this);
}

device_lanes::~device_lanes() {
  close();
}

void device_lanes::close() {
  forget_lanes(this);
  const std::lock_guard held(mutex_);
  plan_.abandon();
  close_unneeded();
}

// --- a thread that reads ----------------------------------------------------------------------------------

ssize_t device_lanes::read(int fd, void* into, std::size_t room, void*) {
  if (!here.of) {
    if (auto* lanes = lanes_of(fd)) lanes->enter();
  }
  return here.of ? here.of->calls_.read(here.descriptor, into, room) : ::read(fd, into, room);
}

void device_lanes::enter() {
  here = {.of = this, .device = device_, .descriptor = device_};
  const std::lock_guard held(mutex_);
  plan_.enter();
}

void device_lanes::handle(fuse_buf& request) {
  uring_abi::in_header in{};
  if (request.size >= sizeof(in)) std::memcpy(&in, request.mem, sizeof(in));
  here.in_hand = expects_answer(in) ? in.unique : 0;
  fuse_session_process_buf(&session_, &request);
  if (const auto waits = std::exchange(here.in_hand, 0); waits != 0) park(waits);
}

void device_lanes::park(std::uint64_t request) {
  const std::lock_guard held(mutex_);
  if (!plan_.park(request, here.at) || !plan_.is_full(here.at)) return;
  if (plan_.wants_more()) add_one();
  here.at = plan_.move(here.at);
  here.descriptor = descriptors_[here.at];
}

void device_lanes::add_one() {
  const int made = calls_.clone(device_);
  if (made < 0) {
    ++refused_;
    return plan_.has_no_more();
  }
  descriptors_[plan_.open()] = made;
  open_ = plan_.open_lanes();
}

// --- any thread -------------------------------------------------------------------------------------------

ssize_t device_lanes::write(int fd, iovec* parts, int count, void*) {
  uring_abi::out_header header{};
  std::memcpy(&header, parts[0].iov_base, sizeof(header));
  if (header.unique == 0) return ::writev(fd, parts, count);  // a notification
  const bool mine = here.of && here.device == fd;
  if (mine && header.unique == here.in_hand) {
    here.in_hand = 0;
    return here.of->calls_.writev(here.descriptor, parts, count);
  }
  auto* const lanes = mine ? here.of : lanes_of(fd);
  return lanes ? lanes->answer(header.unique, parts, count) : ::writev(fd, parts, count);
}

ssize_t device_lanes::answer(std::uint64_t unique, const iovec* parts, int count) {
  int descriptor = -1;
  std::optional<lane> at;
  {
    const std::lock_guard held(mutex_);
    // libfuse answers an INTERRUPT only to have it sent again.
    at = (unique & of_interrupt) != 0 ? plan_.find(unique & ~of_interrupt) : plan_.take(unique);
    if (at) descriptor = descriptors_[*at];
  }
  if (!at) return answer_unknown(unique, parts, count);
  const ssize_t written = calls_.writev(descriptor, parts, count);
  const int error = errno;
  {
    const std::lock_guard held(mutex_);
    if (plan_.let_go(*at)) close_unneeded();
  }
  errno = error;
  return written;
}

// Its handler has not returned yet. It came by a lane that is open, and the others say that they do not know
// it.
ssize_t device_lanes::answer_unknown(std::uint64_t unique, const iovec* parts, int count) {
  lane_plan::some_lanes all;
  std::array<int, lane_plan::most> descriptors{};
  {
    const std::lock_guard held(mutex_);
    all = plan_.hold_all();
    descriptors = descriptors_;
  }
  ssize_t written = -1;
  int error = ENOENT;
  for (std::size_t i = 0; i < all.count && written < 0 && error == ENOENT; ++i) {
    written = calls_.writev(descriptors[all.lanes[i]], parts, count);
    error = errno;
  }
  {
    const std::lock_guard held(mutex_);
    if ((unique & of_interrupt) == 0) plan_.answered(unique);
    for (std::size_t i = 0; i < all.count; ++i) plan_.let_go(all.lanes[i]);
    close_unneeded();
  }
  errno = error;
  return written;
}

void device_lanes::close_unneeded() {
  while (const auto unneeded = plan_.close_one()) calls_.close(std::exchange(descriptors_[*unneeded], -1));
  open_ = plan_.open_lanes();
}

}  // namespace mailslot

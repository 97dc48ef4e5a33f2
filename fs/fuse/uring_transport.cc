// Whether it can be, the agreement at INIT, and what goes which way.
#include "fs/fuse/uring_transport.h"

#include "fs/fuse/custom_io.h"
#include "fs/fuse/scheduling.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <thread>

namespace mailslot {
namespace {

constexpr auto kernel_switch = "/sys/module/fuse/parameters/enable_uring";

thread_local uring_transport* answering_init = nullptr;

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The kernel asks for the queue of a caller's CPU, and is asked on it: threads must be able to be there.
bool may_run_everywhere() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return false;
  return static_cast<unsigned>(CPU_COUNT(&allowed)) >=
         count_cpus(first_line("/sys/devices/system/cpu/online"));
}

std::string why_no_ring(std::error_code failed) {
  switch (failed.value()) {
    case EPERM:
      return "this process may not use io_uring (sysctl kernel.io_uring_disabled, or a sandbox)";
    case ENOSYS:
      return "there is no io_uring here (the kernel's, or a sandbox without it)";
    case ENOMEM:
      return "no memory for rings (ulimit -l)";
    default:
      return fmt::format("cannot make a ring: {}", failed.message());
  }
}

std::uint32_t opcode_of(const fuse_buf& request) {
  uring_abi::in_header in{};
  if (request.size < sizeof(in)) return 0;
  std::memcpy(&in, request.mem, sizeof(in));
  return in.opcode;
}

// What follows the header; zeros where the request is shorter.
template <class Body>
Body body_of(const fuse_buf& request) {
  constexpr auto skip = sizeof(uring_abi::in_header);
  Body b{};
  if (request.size > skip) {
    std::memcpy(&b, static_cast<const char*>(request.mem) + skip, std::min(sizeof(b), request.size - skip));
  }
  return b;
}

}  // namespace

unsigned count_cpus(std::string_view list) noexcept {
  unsigned count = 0;
  const char* at = list.data();
  const char* const end = at + list.size();
  const auto number = [&](unsigned& n) {
    const auto read = std::from_chars(at, end, n);
    at = read.ptr;
    return read.ec == std::errc{};
  };
  for (;;) {
    unsigned first = 0;
    if (!number(first)) return 0;
    unsigned last = first;
    if (at != end && *at == '-' && (++at, !number(last) || last < first)) return 0;
    count += last - first + 1;
    if (at == end) return count;
    if (*at++ != ',') return 0;
  }
}

uring_transport::made uring_transport::open(unsigned workers) {
  const std::string offered = first_line(kernel_switch);
  if (offered.empty()) return tl::unexpected(std::string("this kernel has none (it came with Linux 6.14)"));
  if (offered != "Y" && offered != "1") {
    return tl::unexpected(fmt::format("it is switched off (echo Y > {}, as root)", kernel_switch));
  }
  if (workers == 1) return tl::unexpected(std::string("it takes more than one thread (-s)"));
  const unsigned cpus = count_cpus(first_line("/sys/devices/system/cpu/possible"));
  if (cpus == 0) return tl::unexpected(std::string("cannot tell how many CPUs there are"));
  if (!may_run_everywhere()) {
    return tl::unexpected(std::string("this process may not run on every CPU (cpuset, taskset)"));
  }
  return make(workers, cpus);
}

uring_transport::made uring_transport::make(unsigned workers, unsigned cpus) {
  std::unique_ptr<uring_transport> all(new uring_transport(worker_count(workers)));
  for (unsigned cpu = 0; cpu < cpus; ++cpu) {
    const uring_ring::events tell = {
        .settled = [to = all.get()](std::error_code failed) { to->ring_settled(failed); },
        .broken = [to = all.get()](std::error_code why) { to->ring_broke(why); },
        .parked = [to = all.get(), cpu](std::uint64_t unique,
                                        pid_t thread) { to->signals_->watch({cpu, unique, thread}); },
    };
    std::unique_ptr<uring_ring> ring;
    if (const auto failed = uring_ring::make(cpu, tell, ring)) return tl::unexpected(why_no_ring(failed));
    all->rings_.push_back(std::move(ring));
  }
  return all;
}

uring_transport::~uring_transport() {
  uring_transport::stop();
}

const fuse_custom_io& uring_transport::io() const {
  static constexpr fuse_custom_io io =
      custom_io(write, [](int fd, void* into, std::size_t room, void*) { return ::read(fd, into, room); });
  return io;
}

void uring_transport::start(fuse_session& session, events tell) {
  session_ = &session;
  tell_ = std::move(tell);
  signals_ = std::make_unique<signal_watch>(signal_watch::rules{
      .still_waits = [this](const auto& r) { return rings_[r.ring]->is_parked(r.unique); },
      .look = signals_pending_for,
      .interrupt =
          [this](const auto& r) {
            ++unheard_;
            rings_[r.ring]->interrupt(r.unique);
          },
  });
  const bool polite = may_go_last();
  for (auto& ring : rings_) ring->start(session, polite);
  readers_ = std::make_unique<device_readers>(
      session, workers_, [this](fuse_buf& request) { read(request); }, tell_.ended);
}

void uring_transport::stop() {
  readers_.reset();
  for (auto& ring : rings_) ring->stop();
  for (auto& ring : rings_) ring->join();
  signals_.reset();
}

transport_figures uring_transport::figures() const {
  if (way_ == way::device) return {.name = "dev", .threads = workers_};
  transport_figures f{.name = "io_uring", .threads = rings_.size(), .unheard = unheard_};
  for (const auto& ring : rings_) {
    f.entries += ring->entries();
    f.parked += ring->parked();
    f.most_parked += ring->most_parked();
    f.refused += ring->refused();
    f.dry += ring->dry();
    f.courteous += ring->courteous();
    f.kept_waiting += ring->kept_waiting();
  }
  return f;
}

// --- what comes over /dev/fuse ----------------------------------------------------------------------------

void uring_transport::read(fuse_buf& request) {
  switch (opcode_of(request)) {
    case uring_abi::opcode_init:
      return begin(request);
    case uring_abi::opcode_interrupt:
      return interrupt(request);
    default:
      fuse_session_process_buf(session_, &request);
  }
}

void uring_transport::begin(fuse_buf& init) {
  const auto asked = body_of<uring_abi::init_in>(init);
  const bool offered =
      (asked.flags & uring_abi::init_ext) != 0 && (asked.flags2 & uring_abi::over_io_uring) != 0;
  answering_init = offered ? this : nullptr;
  fuse_session_process_buf(session_, &init);
  answering_init = nullptr;
  if (payload_ == 0) return decide(way::device, "the kernel does not offer it");
  for (auto& ring : rings_) ring->open(payload_);
}

// Accepts the offer, of which libfuse does not know.
ssize_t uring_transport::answer_init(int fd, const iovec* parts, int count) {
  uring_abi::out_header header{};
  std::memcpy(&header, parts[0].iov_base, sizeof(header));
  uring_abi::init_out agreed{};
  if (header.error != 0 || count != 2 || parts[1].iov_len != sizeof(agreed))
    return ::writev(fd, parts, count);
  std::memcpy(&agreed, parts[1].iov_base, sizeof(agreed));
  agreed.flags |= uring_abi::init_ext;
  agreed.flags2 |= uring_abi::over_io_uring;
  const std::array<iovec, 2> changed = {parts[0], iovec{&agreed, sizeof(agreed)}};
  const auto written = ::writev(fd, changed.data(), 2);
  if (written > 0) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    payload_ = std::max({uring_abi::least_payload, std::size_t{agreed.max_write}, agreed.max_pages * page});
  }
  return written;
}

void uring_transport::interrupt(const fuse_buf& request) {
  if (way_ != way::rings) {
    fuse_buf copy = request;
    fuse_session_process_buf(session_, &copy);
  }
  if (way_ == way::device) return;
  const auto unique = body_of<uring_abi::interrupt_in>(request).unique;
  for (auto& ring : rings_) {
    if (ring->interrupt(unique)) return;
  }
  // It was answered, or the ring has not handled it yet.
  for (auto& ring : rings_) ring->interrupt_later(unique);
}

// --- answers ----------------------------------------------------------------------------------------------

ssize_t uring_transport::write(int fd, iovec* parts, int count, void*) {
  uring_abi::out_header header{};
  std::memcpy(&header, parts[0].iov_base, sizeof(header));
  if (uring_entry::is_id(header.unique)) {
    uring_entry& e = *uring_entry::of_id(header.unique);
    return e.of->answer(e, parts, count);
  }
  if (header.unique == uring_ring::own_interrupt) return header.len;
  if (answering_init && header.unique != 0) return answering_init->answer_init(fd, parts, count);
  return ::writev(fd, parts, count);
}

// --- which way it is --------------------------------------------------------------------------------------

void uring_transport::ring_settled(std::error_code failed) {
  if (failed) return decide(way::device, fmt::format("the kernel refuses the rings: {}", failed.message()));
  bool all = false;
  {
    const std::lock_guard held(mutex_);
    all = ++registered_ == rings_.size();
  }
  if (all) decide(way::rings, {});
}

void uring_transport::ring_broke(std::error_code why) {
  if (way_ == way::device) return;  // by now, and no request was in it
  if (!broken_.exchange(true)) tell_.broken(why);
}

void uring_transport::decide(way which, const std::string& why_not) {
  auto undecided = way::undecided;
  if (!way_.compare_exchange_strong(undecided, which)) return;
  if (which == way::device) {
    for (auto& ring : rings_) ring->stop();
  }
  tell_.settled(which == way::rings ? "io_uring" : "dev", why_not);
}

}  // namespace mailslot

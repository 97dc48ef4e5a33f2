// The life of a ring: made, opened, served, closed; and what other threads may do to it.
#include "fs/fuse/uring_ring.h"

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mailslot {
namespace {

thread_local uring_ring* here = nullptr;      // whose thread this is
thread_local uring_entry* in_hand = nullptr;  // which it is handling, as long as that has no answer

// What a parked request may keep in memory.
constexpr std::uint32_t large_request = 4096;

std::error_code system_error(int number) {
  return {number, std::generic_category()};
}

std::size_t bytes_in(const iovec* parts, int count) {
  std::size_t n = 0;
  for (int i = 0; i < count; ++i) n += parts[i].iov_len;
  return n;
}

// What libfuse gave to writev(2), into the memory of the entry.
void put_answer(uring_entry& e, const iovec* parts, int count) {
  uring_abi::out_header header{};
  std::memcpy(&header, parts[0].iov_base, sizeof(header));
  header.unique = e.kernel_unique;
  const std::size_t size = bytes_in(parts + 1, count - 1);
  if (size > e.parts[1].iov_len) {  // cannot be: no request asks for so much
    header.error = -EIO;
    header.len = sizeof(header);
  } else {
    std::byte* to = e.payload();
    for (int i = 1; i < count; ++i) {
      if (parts[i].iov_len == 0) continue;
      std::memcpy(to, parts[i].iov_base, parts[i].iov_len);
      to += parts[i].iov_len;
    }
  }
  if (e.refused && header.error == -EINTR) header.error = -EAGAIN;
  e.touched = std::max(e.touched, static_cast<std::uint32_t>(size));
  std::memcpy(e.header->in_out, &header, sizeof(header));
  e.header->entry.payload_size = header.len - static_cast<std::uint32_t>(sizeof(header));
}

}  // namespace

std::error_code uring_ring::make(unsigned cpu, events tell, std::unique_ptr<uring_ring>& out) {
  std::unique_ptr<uring_ring> made(new uring_ring(cpu, std::move(tell)));
  if (const auto failed = made->queue_.make()) return failed;
  made->wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made->wake_fd_ < 0) return system_error(errno);
  out = std::move(made);
  return {};
}

uring_ring::~uring_ring() {
  stop();
  join();
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void uring_ring::start(fuse_session& session, bool may_go_last) {
  session_ = &session;
  may_go_last_ = may_go_last;
  thread_ = std::thread([this] { serve(); });
}

void uring_ring::open(std::size_t payload) {
  payload_ = payload;
  payload_.notify_all();
}

void uring_ring::stop() {
  stopping_ = true;
  std::size_t not_open = 0;
  payload_.compare_exchange_strong(not_open, 1);
  payload_.notify_all();
  mail_came();
}

void uring_ring::join() {
  if (thread_.joinable()) thread_.join();
}

void uring_ring::serve() {
  payload_.wait(0);
  if (!stopping_) {
    here = this;
    if (const auto failed = queue_.enable()) {
      tell_.settled(failed);
    } else {
      stock_.emplace(*this, payload_);
      loop();
    }
  }
  {
    const std::lock_guard held(mutex_);
    closed_ = true;
  }
  if (started_ && !gone_ && !broken()) {  // what was answered before that
    read_mail();
    queue_.submit();
  }
  here = nullptr;
  // By the thread whose it is, and at once: what the kernel has begun to hand out is taken back by that, for
  // which an unmount waits.
  queue_.close();
}

// False for a CPU that is off line, or that this process may not use.
bool uring_ring::pin() const {
  cpu_set_t just_one;
  CPU_ZERO(&just_one);
  CPU_SET(cpu_, &just_one);
  return ::pthread_setaffinity_np(::pthread_self(), sizeof(just_one), &just_one) == 0;
}

// --- any thread -------------------------------------------------------------------------------------------

ssize_t uring_ring::answer(uring_entry& e, const iovec* parts, int count) {
  const auto size = static_cast<ssize_t>(bytes_in(parts, count));
  if (in_hand == &e) {  // the usual case: by its handler, on the ring's thread
    in_hand = nullptr;
    put_answer(e, parts, count);
    commit(e);
    return size;
  }
  {
    const std::lock_guard held(mutex_);
    if (closed_) {
      errno = ENOENT;
      return -1;
    }
    if (e.now == uring_entry::state::parked) parked_.erase(e.kernel_unique);
    parked_count_ = parked_.size();
    e.now = uring_entry::state::answered;
  }
  put_answer(e, parts, count);
  if (here == this) {
    commit(e);
    return size;
  }
  {
    const std::lock_guard held(mutex_);
    if (closed_) {
      errno = ENOENT;
      return -1;
    }
    answers_.push_back(&e);
  }
  mail_came();
  return size;
}

bool uring_ring::is_parked(std::uint64_t unique) {
  const std::lock_guard held(mutex_);
  return parked_.contains(unique);
}

bool uring_ring::interrupt(std::uint64_t unique) {
  std::uint64_t id = 0;
  {
    const std::lock_guard held(mutex_);
    const auto found = parked_.find(unique);
    if (found == parked_.end()) return false;
    id = found->second->id();
  }
  // If it is answered meanwhile, libfuse knows no such request, and no later one has this id.
  deliver_interrupt(id);
  return true;
}

void uring_ring::interrupt_later(std::uint64_t unique) {
  if (interrupt(unique)) return;
  {
    const std::lock_guard held(mutex_);
    if (closed_) return;
    early_interrupts_.push_back(unique);
  }
  mail_came();
}

void uring_ring::deliver_interrupt(std::uint64_t id) {
  struct {
    uring_abi::in_header header;
    uring_abi::interrupt_in body;
  } made{};
  made.header.len = sizeof(made);
  made.header.opcode = uring_abi::opcode_interrupt;
  made.header.unique = own_interrupt;
  made.body.unique = id;
  fuse_buf buffer{};
  buffer.mem = &made;
  buffer.size = sizeof(made);
  fuse_session_process_buf(session_, &buffer);
}

void uring_ring::mail_came() {
  has_mail_ = true;
  if (waiting_.exchange(false)) ::eventfd_write(wake_fd_, 1);
}

// --- the ring's thread: requests --------------------------------------------------------------------------

void uring_ring::handle(uring_entry& e) {
  uring_abi::in_header in{};
  std::memcpy(&in, e.header->in_out, sizeof(in));
  const std::size_t payload = e.header->entry.payload_size;
  e.kernel_unique = e.header->entry.commit_id;
  e.node = in.nodeid;
  e.caller = static_cast<pid_t>(in.pid);
  e.refused = false;
  e.touched = std::max(e.touched, static_cast<std::uint32_t>(payload));
  e.new_id();
  e.now = uring_entry::state::handling;
  if (in.opcode == uring_abi::opcode_notify_reply) {
    drought_.answered();
    const uring_abi::out_header nothing{sizeof(nothing), 0, 0};
    iovec part{const_cast<uring_abi::out_header*>(&nothing), sizeof(nothing)};
    put_answer(e, &part, 1);
    commit(e);
    return;
  }
  in.unique = e.id();
  fuse_buf buffer{};
  buffer.mem = in_one_piece(e, in, payload);
  buffer.size = in.len;
  in_hand = &e;
  fuse_session_process_buf(session_, &buffer);
  if (std::exchange(in_hand, nullptr) == &e) park(e);
}

// Header, the operation's own header, payload. What is small is copied, so that an answer, which is written
// over the payload, leaves it alone.
char* uring_ring::in_one_piece(uring_entry& e, const uring_abi::in_header& in, std::size_t payload) {
  constexpr std::size_t small = 4096;
  const std::size_t operation = in.len - sizeof(in) - payload;
  const bool in_place = in.len > small && sizeof(in) + operation <= uring_entry::lead;
  if (!in_place && scratch_.size() < in.len) scratch_.resize(std::max<std::size_t>(in.len, small));
  char* const at = in_place ? reinterpret_cast<char*>(e.payload()) - operation - sizeof(in) : scratch_.data();
  std::memcpy(at, &in, sizeof(in));
  std::memcpy(at + sizeof(in), e.header->operation, operation);
  if (!in_place) std::memcpy(at + sizeof(in) + operation, e.payload(), payload);
  return at;
}

void uring_ring::park(uring_entry& e) {
  const bool room = stock_->idle() > uring_stock::last_resort ||
                    add(stock_->grow_for(parked_count_, std::chrono::steady_clock::now()));
  {
    const std::lock_guard held(mutex_);
    if (e.now == uring_entry::state::answered) return;  // by another thread, meanwhile
    if (e.touched > large_request) stock_->release(e);  // it was taken out, and may wait for long
    e.now = uring_entry::state::parked;
    e.refused = !room;
    parked_.emplace(e.kernel_unique, &e);
    parked_count_ = parked_.size();
  }
  if (parked_count_ > most_parked_) most_parked_ = parked_count_.load();
  if (e.refused) {
    ++refused_;
    interrupt(e.kernel_unique);
  } else {
    tell_.parked(e.kernel_unique, e.caller);
  }
}

}  // namespace mailslot

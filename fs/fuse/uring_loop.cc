// The thread of a ring: what it submits, what it takes out, and when it sleeps.
#include "fs/fuse/uring_ring.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace mailslot {
namespace {

constexpr std::size_t first_entries = 64;
constexpr std::size_t most_at_once = 1024;
// Idle entries that there shall be at least, so that a burst finds room.
constexpr std::size_t least_idle(std::size_t parked) {
  return 32 + parked / 8;
}

// A payload above this is given back as soon as its answer was read; smaller ones when the ring is quiet.
constexpr std::uint32_t large_payload = 64 * 1024;
constexpr std::size_t payloads_kept = 64;  // by a quiet ring
constexpr auto until_quiet = std::chrono::seconds(1);
constexpr auto until_retry = std::chrono::milliseconds(50);

constexpr std::uint64_t ours = 1ULL << 62U;  // in the unique of a request that we made the kernel send

// What fs/fuse/dev_uring.c says of a connection that is no more.
bool connection_is_gone(int error) {
  return error == -ENOTCONN || error == -ECONNABORTED || error == -ENODEV;
}

}  // namespace

void uring_ring::loop() {
  listen_to_mail();
  if (!add_entries(first_entries)) refuse_to_register();
  submit();
  while (take_completions()) {
  }
  const auto refused = why_not();
  tell_.settled(refused);
  if (refused) return;

  while (!gone_ && !broken()) {
    const bool last = stopping_;  // what was answered before that is in the mail
    if (has_mail_.exchange(false)) read_mail();
    if (last) break;
    keep_reserve();
    if (may_starve() && !asked_) ask_for_request();
    submit_and_wait();
    while (take_completions()) {
    }
    judge_probe();
    release_large();
  }
  if (!gone_) submit();
  if (!gone_ && broken()) tell_.broken(broken());
}

// With one entry in each ring the kernel is content, and uses them.
std::error_code uring_ring::why_not() const {
  if (broken()) return broken();
  const int error = gone_ ? ENOTCONN : entries_ != 0 ? 0 : register_error_ != 0 ? register_error_ : ENOMEM;
  return {error, std::generic_category()};
}

// --- out to the kernel ------------------------------------------------------------------------------------

void uring_ring::command(uring_entry& e, std::uint32_t operation) {
  auto& s = queue_.next();
  s.opcode = IORING_OP_URING_CMD;
  s.fd = fuse_session_fd(session_);
  s.cmd_op = operation;
  s.user_data = reinterpret_cast<std::uintptr_t>(&e);
  uring_abi::command c{};
  c.queue = static_cast<std::uint16_t>(cpu_);
  if (operation == uring_abi::command_register) {
    s.addr = reinterpret_cast<std::uintptr_t>(e.parts.data());
    s.len = static_cast<std::uint32_t>(e.parts.size());
  } else {
    c.commit_id = e.kernel_unique;
  }
  std::memcpy(reinterpret_cast<std::byte*>(&s) + uring_abi::command_offset, &c, sizeof(c));
  idle_.push_back(e);
  ++idle_count_;
}

void uring_ring::commit(uring_entry& e) {
  command(e, uring_abi::command_commit_and_fetch);
  e.now = uring_entry::state::idle;
  if (e.touched != 0) ++touched_idle_;
  if (e.touched > large_payload) large_.push_back({&e, e.generation});
  probe_ = &e;
  probe_sent_ = probe_came_back_ = dry_again_ = false;
}

// The kernel gives up FUSE over io_uring, for which all would wait, when an entry is wrong.
void uring_ring::refuse_to_register() {
  auto& s = queue_.next();
  s.opcode = IORING_OP_URING_CMD;
  s.fd = fuse_session_fd(session_);
  s.cmd_op = uring_abi::command_register;
  uring_abi::command c{};
  c.queue = static_cast<std::uint16_t>(cpu_);
  std::memcpy(reinterpret_cast<std::byte*>(&s) + uring_abi::command_offset, &c, sizeof(c));
}

bool uring_ring::add_entries(std::size_t count) {
  const std::size_t first = arena_->size();
  if (!arena_->grow(*this, count)) return false;
  for (std::size_t i = first; i < first + count; ++i) command((*arena_)[i], uring_abi::command_register);
  entries_ += count;
  return true;
}

void uring_ring::keep_reserve() {
  const std::size_t wanted = least_idle(parked_count_);
  if (idle_count_ >= wanted || arena_->size() >= most_entries) return;
  growing_failed_ = !add_entries(std::min({2 * wanted, most_at_once, most_entries - arena_->size()}));
}

// What was committed may be judged now: the kernel has read it.
void uring_ring::submission_left() {
  if (queue_.has_unsent()) return;
  probe_sent_ = true;
  large_sent_.insert(large_sent_.end(), large_.begin(), large_.end());
  large_.clear();
}

void uring_ring::submit() {
  queue_.submit();
  submission_left();
}

void uring_ring::submit_and_wait() {
  // Whoever brings mail looks at waiting_ afterwards.
  waiting_ = true;
  if (has_mail_ || stopping_) {
    queue_.exchange(0);
  } else if (may_starve()) {
    if (!queue_.exchange(1, until_retry)) {  // the question went astray
      pin();
      asked_ = false;
    }
  } else if (touched_idle_ > payloads_kept) {
    if (!queue_.exchange(1, until_quiet) && !queue_.has_unsent()) release_idle();
  } else {
    queue_.exchange(1);
  }
  waiting_ = false;
  submission_left();
}

// --- mail -------------------------------------------------------------------------------------------------

void uring_ring::listen_to_mail() {
  io_uring_prep_poll_multishot(&queue_.next(), wake_fd_, POLLIN);
}

// The ring has handled everything that came, so an interrupt that comes before its request is for another.
void uring_ring::read_mail() {
  std::vector<uring_entry*> answers;
  std::vector<std::uint64_t> interrupts;
  {
    const std::lock_guard held(mutex_);
    answers.swap(answers_);
    interrupts.swap(early_interrupts_);
  }
  for (auto* e : answers) commit(*e);
  for (const auto unique : interrupts) interrupt(unique);
}

// --- in from the kernel -----------------------------------------------------------------------------------

// False: there was none.
bool uring_ring::take_completions() {
  const auto entry_of = [](const auto& c) { return reinterpret_cast<uring_entry*>(c.user_data); };
  const auto taken = queue_.take();
  for (const auto& c : taken) {
    if (entry_of(c)) came(*entry_of(c));
  }
  for (const auto& c : taken) {
    if (!entry_of(c)) {
      if (c.last && !gone_ && entries_ != 0) listen_to_mail();
    } else if (c.result < 0) {
      failed(*entry_of(c), c.result);
    } else {
      handle(*entry_of(c));
    }
  }
  return !taken.empty();
}

void uring_ring::came(uring_entry& e) {
  if (&idle_.front() == &e) {
    ran_dry_ = dry_again_ = true;
    ++dry_count_;
  }
  if (probe_ == &e) probe_came_back_ = true;
  idle_.erase(idle_list::s_iterator_to(e));
  --idle_count_;
  if (e.touched != 0) --touched_idle_;
}

void uring_ring::failed(uring_entry& e, int error) {
  if (connection_is_gone(error)) {
    gone_ = true;
  } else if (e.now == uring_entry::state::registering) {
    if (register_error_ == 0) register_error_ = -error;
    growing_failed_ = true;
    --entries_;
  } else {  // an answer that the kernel did not take, whose caller waits for ever
    broken_ = std::error_code(-error, std::generic_category());
  }
  e.now = uring_entry::state::dead;
}

void uring_ring::judge_probe() {
  if (!probe_ || !probe_sent_) return;
  if (!probe_came_back_ && !dry_again_ && !queue_.has_more()) ran_dry_ = false;
  probe_ = nullptr;
}

// An answer that is about to be committed will show whether a request waits.
bool uring_ring::may_starve() const {
  return ran_dry_ && (!probe_ || probe_sent_);
}

// About the file of a request that is parked: the kernel must know it, and it must be a regular file. Without
// any that is parked, the kernel gets back all entries that it gave away, and looks with each.
void uring_ring::ask_for_request() {
  submit();  // entries that were added are to be there when it comes
  struct {
    uring_abi::out_header header;
    uring_abi::notify_retrieve_out body;
  } question{};
  question.header.len = sizeof(question);
  question.header.error = uring_abi::notify_retrieve;
  question.body.notify_unique = ours | (std::uint64_t{cpu_} << 40U) | (std::uint64_t{++asked_times_} << 1U);
  {
    const std::lock_guard held(mutex_);
    if (parked_.empty()) return;
    question.body.nodeid = parked_.begin()->second->node;
  }
  // It goes to the queue of the CPU on which this is said. If it cannot be said now, then later.
  asked_ = ::write(fuse_session_fd(session_), &question, sizeof(question)) == sizeof(question);
}

// --- memory -----------------------------------------------------------------------------------------------

// Nothing is copied into an idle entry while this thread is not in io_uring_enter(2).
void uring_ring::release_large() {
  for (const auto& [entry, generation] : large_sent_) {
    if (entry->generation != generation || entry->now != uring_entry::state::idle || entry->touched == 0)
      continue;
    arena_->release(*entry);
    --touched_idle_;
  }
  large_sent_.clear();
}

void uring_ring::release_idle() {
  std::size_t keep = payloads_kept;
  for (auto e = idle_.rbegin(); e != idle_.rend(); ++e) {
    if (e->touched == 0) continue;
    if (keep > 0) {
      --keep;
      continue;
    }
    arena_->release(*e);
    --touched_idle_;
  }
}

}  // namespace mailslot

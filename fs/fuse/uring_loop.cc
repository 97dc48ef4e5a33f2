// The thread of a ring: what it submits, what it takes out, and when it sleeps.
#include "fs/fuse/scheduling.h"
#include "fs/fuse/uring_ring.h"

#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mailslot {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t first_entries = 64;

// What tells completions apart that are not of an entry, whose is its address.
constexpr std::uint64_t mail = 0, alarm = 1;

constexpr std::uint64_t ours = 1ULL << 62U;  // in the unique of a request that we made the kernel send

// What fs/fuse/dev_uring.c says of a connection that is no more.
bool connection_is_gone(int error) {
  return error == -ENOTCONN || error == -ECONNABORTED || error == -ENODEV;
}

}  // namespace

void uring_ring::loop() {
  if (may_go_last_) take_short_turns();
  listen_to_mail();
  // The kernel wants a queue for each possible CPU; one that is off line gets no requests.
  if (!add(stock_->grow(pin() ? first_entries : uring_stock::last_resort, clock::now())))
    refuse_to_register();
  submit();
  while (take_completions()) {
  }
  const auto refused = why_not();
  started_ = !refused;
  tell_.settled(refused);
  if (refused) return;

  while (!gone_ && !broken()) {
    const bool last = stopping_;  // what was answered before that is in the mail
    if (has_mail_.exchange(false)) read_mail();
    if (last) break;
    keep_reserve();
    if (may_starve()) end_drought();
    submit_and_wait();
    while (take_completions()) {
    }
    drought_.handled(queue_.has_more());
    // Nothing is copied into an idle entry while this thread is not in io_uring_enter(2).
    stock_->release_large();
    if (stock_->keeps_too_much()) stock_->release_idle(clock::now());
  }
  if (courtesy_.is_on()) go_as_usual();
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
  stock_->given(e);
}

void uring_ring::commit(uring_entry& e) {
  command(e, uring_abi::command_commit_and_fetch);
  e.now = uring_entry::state::idle;
  drought_.committed(&e);
}

// False: there are none.
bool uring_ring::add(const std::vector<uring_entry*>& more) {
  for (auto* e : more) command(*e, uring_abi::command_register);
  entries_ = stock_->live();
  return !more.empty();
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

// What was committed may be judged now: the kernel has read it.
void uring_ring::submission_left() {
  if (queue_.has_unsent()) return;
  drought_.submitted();
  stock_->submitted();
}

void uring_ring::submit() {
  queue_.submit();
  submission_left();
}

void uring_ring::submit_and_wait() {
  // Who is woken by an answer goes on at once, and will often have the next request before this thread would
  // have gone to sleep: half a microsecond less than to be woken.
  if (courtesy_.is_on()) {
    queue_.offer();
    submission_left();
  }
  // Whoever brings mail looks at waiting_ afterwards.
  waiting_ = true;
  if (has_mail_ || stopping_) {
    queue_.exchange(0);
  } else {
    const auto due = std::min(stock_->release_due(), may_starve() ? drought_.due() : uring_stock::never);
    if (due == uring_stock::never) {
      queue_.exchange(1);
    } else {
      queue_.exchange(1, due - clock::now());
    }
  }
  waiting_ = false;
  submission_left();
}

// --- courtesy ---------------------------------------------------------------------------------------------

void uring_ring::begin_courtesy() {
  const auto now = clock::now();
  // Who is moved nowhere has no use for it; and where many want this processor, whoever becomes SCHED_IDLE
  // may wait for long for the first turn.
  if (!may_go_last_ || !courtesy_.wants_to_begin(now) || !a_processor_is_idle()) return;
  may_go_last_ = go_last();
  if (!may_go_last_) return;
  courtesy_.begin(now);
  courteous_ = courtesy_.begun();
  ran_ = time_run();
  queue_.alarm(uring_courtesy::beat, alarm);
}

void uring_ring::beat(bool request_came) {
  const auto ran = time_run();
  if (courtesy_.is_on()) {
    courtesy_.beats(clock::now(), {.ran = ran - std::exchange(ran_, ran),
                                   .request_came = request_came,
                                   .processor_is_idle = a_processor_is_idle()});
    kept_waiting_ = courtesy_.kept_waiting();
  }
  // Whoever has lost the right to come back tries again with each beat.
  if (!courtesy_.is_on()) may_go_last_ = go_as_usual();
  if (courtesy_.is_on() || !may_go_last_) queue_.alarm(uring_courtesy::beat, alarm);
}

// --- mail -------------------------------------------------------------------------------------------------

void uring_ring::listen_to_mail() {
  auto& s = queue_.next();
  io_uring_prep_poll_multishot(&s, wake_fd_, POLLIN);
  s.user_data = mail;
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
  const auto entry_of = [](const auto& c) {
    return c.user_data == mail || c.user_data == alarm ? nullptr
                                                       : reinterpret_cast<uring_entry*>(c.user_data);
  };
  const auto taken = queue_.take();
  bool request_came = false;
  for (const auto& c : taken) {
    if (auto* e = entry_of(c)) {
      came(*e, c.result >= 0);
      request_came = true;
    }
  }
  for (const auto& c : taken) {
    if (auto* e = entry_of(c)) {
      if (c.result < 0) {
        failed(*e, c.result);
      } else {
        handle(*e);
        if (courtesy_.handled()) begin_courtesy();
      }
    } else if (c.user_data == alarm) {
      beat(request_came);
    } else if (c.last && !gone_ && entries_ != 0) {
      listen_to_mail();
    }
  }
  return !taken.empty();
}

void uring_ring::came(uring_entry& e, bool with_request) {
  const bool last = stock_->came(e);
  if (!with_request) return;
  drought_.came(&e);
  if (!last) return;
  drought_.ran_dry();
  ++dry_count_;
}

void uring_ring::failed(uring_entry& e, int error) {
  const bool registering = e.now == uring_entry::state::registering;
  e.now = uring_entry::state::dead;
  if (connection_is_gone(error)) {
    gone_ = true;
  } else if (registering) {
    if (register_error_ == 0) register_error_ = -error;
    stock_->refused(e, clock::now());
    entries_ = stock_->live();
  } else {  // an answer that the kernel did not take, whose caller waits for ever
    broken_ = std::error_code(-error, std::generic_category());
  }
}

// --- when entries run out ---------------------------------------------------------------------------------

void uring_ring::keep_reserve() {
  if (!stock_->is_low(parked_count_) || add(stock_->grow_for(parked_count_, clock::now()))) return;
  for (auto idle = stock_->idle(); idle < uring_stock::last_resort && end_one(); ++idle) {
  }
}

// For want of room. False: none is parked but those that were told before.
bool uring_ring::end_one() {
  std::uint64_t unique = 0;
  {
    const std::lock_guard held(mutex_);
    const auto found = std::ranges::find_if(parked_, [](const auto& p) { return !p.second->refused; });
    if (found == parked_.end()) return false;
    found->second->refused = true;
    unique = found->first;
  }
  ++refused_;
  interrupt(unique);
  return true;
}

// Without any that is parked, the kernel gets back all entries that it gave away, and looks with each.
bool uring_ring::may_starve() const {
  return parked_count_ != 0 && drought_.may_starve();
}

void uring_ring::end_drought() {
  const auto cure = drought_.next(clock::now());
  if (cure == uring_drought::cure::none) return;
  // The question goes to the queue of the CPU on which it is asked, and takes an entry.
  const bool can_ask = stock_->idle() != 0 && (::sched_getcpu() == static_cast<int>(cpu_) || pin());
  if (cure == uring_drought::cure::ask && can_ask) {
    ask_for_request();
  } else {
    end_one();
  }
}

// About the file of a request that is parked: the kernel must know it, and it must be a regular file. If it
// cannot be said now, then later.
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
  [[maybe_unused]] const auto said = ::write(fuse_session_fd(session_), &question, sizeof(question));
}

}  // namespace mailslot

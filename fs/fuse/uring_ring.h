// One io_uring of the kernel's queue for one CPU, and the thread that serves it. The thread alone touches the
// ring; answers from other threads come to it by mail.
//
// A request that waits keeps its entry, so entries are added as requests are parked. An entry that is added
// does not fetch a request that waits for one already: only an answer does. So when the kernel has used its
// last entry, it is asked for a request of its own (FUSE_NOTIFY_RETRIEVE of nothing), whose answer fetches.
// Whether it has used its last one can be told without asking: it takes the entry that was returned last, so
// the one that was returned first goes last.
#pragma once

#include "fs/fuse/uring_entry.h"
#include "fs/fuse/uring_queue.h"

#include <fuse_lowlevel.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <vector>

namespace mailslot {

class uring_ring {
 public:
  struct events {
    // Registered, or not: from the ring's thread, once.
    std::function<void(std::error_code failed)> settled;
    // The connection lives, but this ring serves it no more: whoever is answered here waits until the mount
    // ends. From the ring's thread, at most once, after settled().
    std::function<void(std::error_code why)> broken;
    // A request has to wait. From the ring's thread.
    std::function<void(std::uint64_t unique, pid_t thread)> parked;
  };

  // Makes the io_uring. `cpu`: the kernel's number of it, and of its queue.
  static std::error_code make(unsigned cpu, events tell, std::unique_ptr<uring_ring>& out);
  uring_ring(const uring_ring&) = delete;
  uring_ring& operator=(const uring_ring&) = delete;
  ~uring_ring();

  // Starts the thread, which waits for open(). Errors: std::system_error.
  void start(fuse_session& session);
  // The kernel has answered INIT: registers entries with room for `payload` bytes.
  void open(std::size_t payload);
  // The thread ends when what was answered is on its way; answers after that are refused.
  void stop();
  void join();

  // --- any thread ---

  // The answer to the request in `e`, which begins with an out_header. As writev(2).
  ssize_t answer(uring_entry& e, const iovec* parts, int count);
  // Whether the request that the kernel calls `unique` is parked here.
  bool is_parked(std::uint64_t unique);
  // A signal for whoever waits for it. False: it is not parked here.
  bool interrupt(std::uint64_t unique);
  // The same for one that may be on its way here: it is looked for again when the ring has handled what came.
  void interrupt_later(std::uint64_t unique);

  std::size_t entries() const { return entries_; }
  std::size_t parked() const { return parked_count_; }
  std::size_t most_parked() const { return most_parked_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t dry() const { return dry_count_; }

  // The unique of an INTERRUPT that is made up here: its answer goes nowhere.
  static constexpr std::uint64_t own_interrupt = 1;
  // More are never registered.
  static constexpr std::size_t most_entries = 1U << 17U;

 private:
  using idle_list = boost::intrusive::list<uring_entry>;

  uring_ring(unsigned cpu, events tell) : cpu_(cpu), tell_(std::move(tell)) {}

  void serve();
  void pin() const;
  void loop();
  std::error_code why_not() const;
  std::error_code broken() const { return broken_ ? broken_ : queue_.broken(); }

  // --- the ring's thread only ---
  void submit();
  void submit_and_wait();
  void listen_to_mail();
  bool add_entries(std::size_t count);
  void keep_reserve();
  void command(uring_entry& e, std::uint32_t operation);
  void refuse_to_register();
  void commit(uring_entry& e);
  bool take_completions();
  void came(uring_entry& e);
  void failed(uring_entry& e, int error);
  void handle(uring_entry& e);
  char* in_one_piece(uring_entry& e, const uring_abi::in_header& in, std::size_t payload);
  void park(uring_entry& e);
  void read_mail();
  void judge_probe();
  bool may_starve() const;
  void ask_for_request();
  void submission_left();
  void release_large();
  void release_idle();

  // --- any thread ---
  void deliver_interrupt(std::uint64_t id);
  void mail_came();

  const unsigned cpu_;
  const events tell_;
  fuse_session* session_ = nullptr;
  uring_queue queue_;
  int wake_fd_ = -1;
  std::thread thread_;

  // The thread's own.
  std::unique_ptr<uring_arena> arena_;
  idle_list idle_;  // those that the kernel has, in the order in which it got them
  std::size_t idle_count_ = 0;
  std::vector<char> scratch_;     // a request in one piece
  uring_entry* probe_ = nullptr;  // the last that was committed; without a request afterwards, none waits
  bool probe_sent_ = false;
  bool probe_came_back_ = false;
  bool ran_dry_ = false;    // the kernel may have requests that wait for an entry
  bool dry_again_ = false;  // since the probe was sent
  bool asked_ = false;      // a request of the kernel's own is on its way
  std::uint32_t asked_times_ = 0;
  bool growing_failed_ = false;
  int register_error_ = 0;        // the first, a positive errno
  std::size_t touched_idle_ = 0;  // idle entries whose payload may be in memory
  struct used_payload {
    uring_entry* entry;
    std::uint16_t generation;
  };
  std::vector<used_payload> large_;       // answers that were committed, whose payload is to be released
  std::vector<used_payload> large_sent_;  // those that the kernel has read
  bool gone_ = false;                     // the kernel has no such connection any more
  std::error_code broken_;

  std::mutex mutex_;  // the four below, and uring_entry::now of entries that are not the kernel's
  std::unordered_map<std::uint64_t, uring_entry*> parked_;  // by the kernel's unique
  std::vector<uring_entry*> answers_;                       // to be committed
  std::vector<std::uint64_t> early_interrupts_;             // of requests that were not parked yet
  bool closed_ = false;                                     // nobody will read the mail any more

  std::atomic<bool> has_mail_ = false, waiting_ = false, stopping_ = false;
  std::atomic<std::size_t> payload_ = 0;  // not 0: open
  std::atomic<std::size_t> entries_ = 0, parked_count_ = 0, most_parked_ = 0;
  std::atomic<std::uint64_t> refused_ = 0, dry_count_ = 0;
};

}  // namespace mailslot

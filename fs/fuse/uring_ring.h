// One io_uring of the kernel's queue for one CPU, and the thread that serves it. The thread alone touches the
// ring; answers from other threads come to it by mail.
//
// A request that waits keeps its entry, so entries are added as requests are parked (uring_stock). When the
// kernel has used its last one nevertheless, it has to be asked (uring_drought), by FUSE_NOTIFY_RETRIEVE of
// nothing. Where there can be no more, requests that would wait are ended with EAGAIN.
#pragma once

#include "fs/fuse/uring_courtesy.h"
#include "fs/fuse/uring_drought.h"
#include "fs/fuse/uring_queue.h"
#include "fs/fuse/uring_stock.h"

#include <fuse_lowlevel.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
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

  // Starts the thread, which waits for open(). `may_go_last`: as scheduling.h says. Errors:
  // std::system_error.
  void start(fuse_session& session, bool may_go_last);
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
  std::uint64_t courteous() const { return courteous_; }
  std::uint64_t kept_waiting() const { return kept_waiting_; }

  // The unique of an INTERRUPT that is made up here: its answer goes nowhere.
  static constexpr std::uint64_t own_interrupt = 1;

 private:
  uring_ring(unsigned cpu, events tell) : cpu_(cpu), tell_(std::move(tell)) {}

  void serve();
  bool pin() const;
  void loop();
  std::error_code why_not() const;
  std::error_code broken() const { return broken_ ? broken_ : queue_.broken(); }

  // --- the ring's thread only ---
  void submit();
  void submit_and_wait();
  void submission_left();
  void listen_to_mail();
  bool add(const std::vector<uring_entry*>& more);
  void command(uring_entry& e, std::uint32_t operation);
  void refuse_to_register();
  void commit(uring_entry& e);
  bool take_completions();
  void came(uring_entry& e, bool with_request);
  void failed(uring_entry& e, int error);
  void handle(uring_entry& e);
  char* in_one_piece(uring_entry& e, const uring_abi::in_header& in, std::size_t payload);
  void park(uring_entry& e);
  void begin_courtesy();
  void beat(bool request_came);
  void read_mail();
  void keep_reserve();
  bool end_one();
  bool may_starve() const;
  void end_drought();
  void ask_for_request();

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
  std::optional<uring_stock> stock_;  // once it is open
  uring_drought drought_;
  uring_courtesy courtesy_;
  bool may_go_last_ = false;
  std::chrono::nanoseconds ran_{};  // at the last beat
  std::vector<char> scratch_;       // a request in one piece
  std::uint32_t asked_times_ = 0;
  int register_error_ = 0;  // the first, a positive errno
  bool started_ = false;
  bool gone_ = false;  // the kernel has no such connection any more
  std::error_code broken_;

  std::mutex mutex_;  // the four below, and uring_entry::now of entries that are not the kernel's
  std::unordered_map<std::uint64_t, uring_entry*> parked_;  // by the kernel's unique
  std::vector<uring_entry*> answers_;                       // to be committed
  std::vector<std::uint64_t> early_interrupts_;             // of requests that were not parked yet
  bool closed_ = false;                                     // nobody will read the mail any more

  std::atomic<bool> has_mail_ = false, waiting_ = false, stopping_ = false;
  std::atomic<std::size_t> payload_ = 0;  // not 0: open
  std::atomic<std::size_t> entries_ = 0, parked_count_ = 0, most_parked_ = 0;
  std::atomic<std::uint64_t> refused_ = 0, dry_count_ = 0, courteous_ = 0, kept_waiting_ = 0;
};

}  // namespace mailslot

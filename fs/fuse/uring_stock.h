// The entries of one ring: which ones the kernel has, how many there shall be, and when their memory is given
// back. Takes the time as a number, and tells the kernel nothing.
#pragma once

#include "fs/fuse/uring_entry.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mailslot {

class uring_stock {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr clock::time_point never = clock::time_point::max();

  // More are never made.
  static constexpr std::size_t most = 1U << 17U;
  // Kept for whoever does not wait, where there can be no more.
  static constexpr std::size_t last_resort = 8;

  // `payload`: bytes of each.
  uring_stock(uring_ring& of, std::size_t payload) : of_(of), arena_(payload) {}

  // --- how many ---

  // Those that the kernel has without a request.
  std::size_t idle() const { return idle_count_; }
  // Those that it did not refuse.
  std::size_t live() const { return live_; }
  // Whether there should be more, so that a burst finds room, while so many requests are parked.
  bool is_low(std::size_t parked) const { return idle_count_ < wanted(parked); }
  // Entries to be registered. None: there is no memory, or it was tried in vain a moment ago.
  std::vector<uring_entry*> grow_for(std::size_t parked, clock::time_point now);
  std::vector<uring_entry*> grow(std::size_t count, clock::time_point now);

  // --- whose they are ---

  // It will be the kernel's with what is submitted next.
  void given(uring_entry& e);
  // The kernel has read all that it was given so far.
  void submitted();
  // It came back. True: the kernel had none for longer. It takes the one that was returned last, so this was
  // its last.
  bool came(uring_entry& e);
  // And was not taken at all. It will be offered again, after a pause.
  void refused(uring_entry& e, clock::time_point now);

  // --- memory: only while the kernel copies nothing into entries ---

  void release(uring_entry& e) const { arena_.release(e); }
  // The payloads of large answers that the kernel has read.
  void release_large();
  // What a quiet ring does not need: when it is due, and a part of it.
  bool keeps_too_much() const { return touched_ > payloads_kept; }
  clock::time_point release_due() const { return release_due_; }
  void release_idle(clock::time_point now);

 private:
  static constexpr std::size_t payloads_kept = 64;
  static constexpr std::size_t wanted(std::size_t parked) { return 32 + parked / 8; }
  struct answered {
    uring_entry* entry;
    std::uint16_t generation;
  };
  void forget(uring_entry& e);

  uring_ring& of_;
  uring_arena arena_;
  boost::intrusive::list<uring_entry> idle_;  // in the order in which the kernel got them
  std::size_t idle_count_ = 0, live_ = 0;
  std::size_t touched_ = 0;  // idle ones whose payload may be in memory
  std::vector<uring_entry*> refused_;
  clock::time_point grow_again_{};
  std::vector<answered> large_, large_read_;
  clock::time_point release_due_ = never;
};

}  // namespace mailslot

// Whether the kernel may have requests that wait for an entry of a ring, and what cures that. Takes the time
// as a number and does nothing itself.
//
// An entry that is registered does not fetch a request that waits for one already: only an answer does. So
// when the kernel has used its last entry it is asked for a request of its own, whose answer fetches. The
// question may go astray (it is put to the queue of the CPU on which it is asked), or find no entry either;
// what helps always is to end a request that is parked.
//
// The last answer of all is a probe: when no request comes with it, none waits.
#pragma once

#include <chrono>

namespace mailslot {

class uring_drought {
 public:
  using clock = std::chrono::steady_clock;
  enum class cure { none, ask, end_one };
  // For the answer to a question; after so many in which nothing came at all, a request is ended.
  static constexpr clock::duration patience = std::chrono::milliseconds(50);
  static constexpr int most_questions = 3;

  // Things that happen. `entry` only tells one from another.
  void ran_dry() { dry_ = dry_since_probe_ = true; }
  void committed(const void* entry) {
    probe_ = entry;
    sent_ = came_back_ = dry_since_probe_ = false;
  }
  // The kernel has read all that was committed.
  void submitted() { sent_ = probe_ != nullptr; }
  // A request came in it.
  void came(const void* entry) {
    heard_ = true;
    if (probe_ == entry) came_back_ = true;
  }
  // All that came was handled; `unread`: the kernel has more.
  void handled(bool unread);
  // The question was.
  void answered() { no_question(); }

  // An answer that is about to be committed will show it by itself.
  bool may_starve() const { return dry_ && (!probe_ || sent_); }
  // To be asked while it may, and again at due(): what is to be done now, which is taken for done.
  cure next(clock::time_point now);
  clock::time_point due() const { return due_; }

 private:
  void no_question() {
    questions_ = 0;
    heard_ = false;
    due_ = {};
  }

  bool dry_ = false;
  const void* probe_ = nullptr;
  bool sent_ = false, came_back_ = false, dry_since_probe_ = false;  // the probe
  int questions_ = 0;                                                // without an answer
  bool heard_ = false;                                               // of anything, since the question
  clock::time_point due_{};
};

}  // namespace mailslot

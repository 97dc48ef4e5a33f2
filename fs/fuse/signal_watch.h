// Looks once after requests that have to wait, for signals of which the kernel does not tell. Over io_uring
// it drops the INTERRUPT when a signal comes before the request was handed out (Linux up to 6.18 at least;
// over /dev/fuse it looks again): who is killed while entering read(2) would wait in state D for a message.
// Such a signal is pending when the request arrives, and stays so. Later ones are told of.
// A stop of the whole process that another thread began (SIGSTOP) is not pending anywhere by then, and is not
// seen: this thread stops when its read ends.
#pragma once

#include "fs/fuse/pending_signals.h"

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mailslot {

class signal_watch {
 public:
  using clock = std::chrono::steady_clock;
  // Requests that are answered sooner cost no look.
  static constexpr clock::duration patience = std::chrono::milliseconds(10);

  struct request {
    std::size_t ring;
    std::uint64_t unique;  // the kernel's
    pid_t thread;          // that waits for the answer
  };
  struct rules {
    std::function<bool(const request& r)> still_waits;
    std::function<pending_signals(pid_t thread)> look;
    std::function<void(const request& r)> interrupt;
  };
  // All three are called from a thread of its own.
  explicit signal_watch(rules how);
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;
  ~signal_watch();

  // Any thread.
  void watch(const request& r);

 private:
  struct look {
    request at;
    clock::time_point due;
    bool again;  // a signal for its process was pending the first time
  };
  void run();
  void look_at(const look& l);

  const rules how_;
  std::mutex mutex_;  // the three below
  std::condition_variable changed_;
  std::deque<look> looks_;  // in the order in which they are due
  bool ending_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace mailslot

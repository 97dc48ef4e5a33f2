// The descriptors of /dev/fuse of one session, and who reads and answers through which: what lane_plan.h
// decides, done. Threads that read call handle() for each request; answers may come from any thread.
#pragma once

#include "fs/fuse/lane_plan.h"

#include <fuse_lowlevel.h>
#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace mailslot {

// The system calls on them.
struct device_calls {
  ssize_t (*read)(int, void*, std::size_t);
  ssize_t (*writev)(int, const iovec*, int);
  int (*clone)(int device);  // a descriptor more of the same mount, or -1
  int (*close)(int);
  static const device_calls real;
};

class device_lanes {
 public:
  // `session` has the descriptor, was given `io`, and has read nothing yet.
  explicit device_lanes(fuse_session& session, const device_calls& calls = device_calls::real);
  device_lanes(const device_lanes&) = delete;
  device_lanes& operator=(const device_lanes&) = delete;
  // No answer is under way.
  ~device_lanes();

  // What the session is given. A thread that reads through it reads until it ends.
  static const fuse_custom_io io;

  // Has libfuse handle a request that this thread has read.
  void handle(fuse_buf& request);
  // Nobody reads any more. Closes the clones; what still waits there is answered no more (ENOENT).
  void close();

  // Any thread.
  std::size_t open_lanes() const { return open_; }
  // Times that a descriptor more was wanted and not to be had.
  std::uint64_t refused() const { return refused_; }

 private:
  static ssize_t read(int fd, void* into, std::size_t room, void*);
  static ssize_t write(int fd, iovec* parts, int count, void*);
  void enter();
  void park(std::uint64_t request);
  ssize_t answer(std::uint64_t unique, const iovec* parts, int count);
  ssize_t answer_unknown(std::uint64_t unique, const iovec* parts, int count);
  void add_one();
  void close_unneeded();

  fuse_session& session_;
  const device_calls calls_;
  const int device_;
  std::mutex mutex_;  // the two below
  lane_plan plan_;
  std::array<int, lane_plan::most> descriptors_{};
  std::atomic<std::size_t> open_ = 1;
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace mailslot

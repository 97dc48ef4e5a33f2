// Threads that read requests from /dev/fuse, one after the other. What happens with a request is not theirs.
#pragma once

#include <fuse_lowlevel.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace mailslot {

class device_readers {
 public:
  // `handle`: on the thread that read it; the buffer is the thread's own and valid during the call. `ended`:
  // from one of them, once, when the kernel asks no more.
  // Starts `count` of them. Errors: std::system_error.
  device_readers(fuse_session& session, unsigned count, std::function<void(fuse_buf&)> handle,
                 std::function<void()> ended);
  device_readers(const device_readers&) = delete;
  device_readers& operator=(const device_readers&) = delete;
  ~device_readers();

  // Ends all. fuse_session_exit() was called.
  void stop();

 private:
  struct worker {
    std::thread thread;
    std::atomic<bool> done = false;
  };
  void serve(worker& self);

  fuse_session& session_;
  const std::function<void(fuse_buf&)> handle_;
  const std::function<void()> ended_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<bool> stopping_ = false;
};

// As many as fit the machine, if `wanted` is 0.
unsigned worker_count(unsigned wanted);

}  // namespace mailslot

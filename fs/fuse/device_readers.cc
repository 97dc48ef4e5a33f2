// The loop of a reading thread, and how it is ended.
#include "fs/fuse/device_readers.h"

#include "fs/fuse/request_block.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>

namespace mailslot {
namespace {

// Ends a worker's read(2); its handler does nothing.
constexpr int wake_signal = SIGURG;

}  // namespace

unsigned worker_count(unsigned wanted) {
  return wanted != 0 ? wanted : std::clamp(std::thread::hardware_concurrency(), 2U, 16U);
}

device_readers::device_readers(fuse_session& session, unsigned count, std::function<void(fuse_buf&)> handle,
                               std::function<void()> ended)
    : session_(session), handle_(std::move(handle)), ended_(std::move(ended)) {
  struct sigaction nothing{};
  nothing.sa_handler = [](int) {};
  ::sigaction(wake_signal, &nothing, nullptr);
  for (unsigned i = 0; i < count; ++i) {
    auto& w = *workers_.emplace_back(std::make_unique<worker>());
    w.thread = std::thread([this, &w] { serve(w); });
  }
}

device_readers::~device_readers() {
  stop();
}

void device_readers::serve(worker& self) {
  fuse_buf request{};
  request_block = &request.mem;
  while (fuse_session_exited(&session_) == 0) {
    const int size = fuse_session_receive_buf(&session_, &request);
    if (size == -EINTR || size == -EAGAIN || size == -ENOMEM) continue;
    if (size <= 0) break;
    handle_(request);
  }
  std::free(request.mem);
  if (!stopping_.exchange(true)) ended_();
  self.done = true;
}

void device_readers::stop() {
  stopping_ = true;
  // A worker that waits in read(2) is woken, again and again: a signal that comes before its read(2) is lost.
  for (auto& w : workers_) {
    while (!w->done) {
      ::pthread_kill(w->thread.native_handle(), wake_signal);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    w->thread.join();
  }
  workers_.clear();
}

}  // namespace mailslot

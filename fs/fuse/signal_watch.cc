// A queue of looks; each is due the same time after it was asked for.
#include "fs/fuse/signal_watch.h"

namespace mailslot {

signal_watch::signal_watch(rules how) : how_(std::move(how)), thread_([this] { run(); }) {}

signal_watch::~signal_watch() {
  {
    const std::lock_guard held(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void signal_watch::watch(const request& r) {
  const auto due = clock::now() + patience;
  bool first = false;
  {
    const std::lock_guard held(mutex_);
    first = looks_.empty();
    looks_.push_back({r, due, false});
  }
  if (first) changed_.notify_one();
}

void signal_watch::run() {
  std::unique_lock held(mutex_);
  for (;;) {
    changed_.wait(held, [this] { return ending_ || !looks_.empty(); });
    if (ending_) return;
    // A little late: with many that wait for a moment only, this thread shall not wake up for each.
    if (const auto then = looks_.front().due + patience / 2; clock::now() < then) {
      changed_.wait_until(held, then, [this] { return ending_; });
      continue;
    }
    while (!ending_ && !looks_.empty() && looks_.front().due <= clock::now()) {
      const look next = looks_.front();
      looks_.pop_front();
      held.unlock();
      look_at(next);
      held.lock();
    }
  }
}

void signal_watch::look_at(const look& l) {
  if (!how_.still_waits(l.at)) return;
  switch (how_.look(l.at.thread)) {
    case pending_signals::none:
      return;
    case pending_signals::shared:
      // If another thread of the process takes it, this one shall know nothing of it.
      if (!l.again) {
        const std::lock_guard held(mutex_);
        looks_.push_back({l.at, clock::now() + patience, true});
        return;
      }
      break;
    case pending_signals::own:
      break;
  }
  how_.interrupt(l.at);
}

}  // namespace mailslot

// A reader made of paper: remembers what a read(2) was answered, plays the signals that come while it waits,
// and can be gone when its answer arrives. For tests of handles; knows no FUSE. Any thread may use it.
#pragma once

#include "fs/slot/handle.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

namespace mailslot::test {

class recorded_answer final : public read_answer {
 public:
  recorded_answer() : shared_(std::make_shared<record>()) {}

  // What the handle calls.
  bool data(bytes_view bytes) noexcept override { return shared_->data(bytes); }
  void failed(std::error_code why) noexcept override { shared_->failed(why); }
  std::unique_ptr<read_answer> wait(wants_signals& who) override {
    {
      const std::lock_guard held(shared_->signals);
      shared_->who = &who;
    }
    shared_->note([](record& r) { r.parked = true; });
    if (shared_->early_signal) signal();
    return std::make_unique<kept>(shared_, std::move(keeps_));
  }

  // What the test asks. An answer is counted once; `answers()` above 1 is a bug of the handle.
  bool answered() const { return answers() > 0; }
  int answers() const {
    const std::lock_guard held(shared_->state);
    return shared_->answers;
  }
  // The read was put aside, and is so still.
  bool waits() const {
    const std::lock_guard held(shared_->state);
    return shared_->parked && shared_->answers == 0;
  }
  std::string text() const {
    const std::lock_guard held(shared_->state);
    return shared_->bytes;
  }
  std::error_code error() const {
    const std::lock_guard held(shared_->state);
    return shared_->error;
  }
  // Answered with no bytes and no error.
  bool end_of_file() const {
    const std::lock_guard held(shared_->state);
    return shared_->answers > 0 && !shared_->error && shared_->bytes.empty();
  }
  // False: nothing came within half a minute.
  bool wait_until_answered() const {
    std::unique_lock held(shared_->state);
    return shared_->changed.wait_for(held, std::chrono::seconds(30), [this] { return shared_->answers > 0; });
  }

  // From now on the reader is gone: bytes for it arrive nowhere.
  void go_away() {
    shared_->note([](record& r) { r.gone = true; });
  }
  // A signal for the reader. Without effect when it does not wait, or waits no longer.
  void signal() {
    const auto keep = shared_;
    const std::lock_guard held(keep->signals);
    if (keep->who) keep->who->on_signal();
  }
  // What must outlive a read that waits: its handle, where other threads may answer.
  void keep(std::shared_ptr<const void> what) { keeps_ = std::move(what); }
  // A signal that comes in the very moment when the read is put aside.
  void signal_when_parking() { shared_->early_signal = true; }

 private:
  struct record {
    std::recursive_mutex signals;  // held while on_signal() runs, so that the answer can wait for it
    wants_signals* who = nullptr;
    bool early_signal = false;

    std::mutex state;  // guards all below
    std::condition_variable changed;
    std::string bytes;
    std::error_code error;
    int answers = 0;
    bool parked = false;
    bool gone = false;

    template <class Change>
    void note(Change change) {
      const std::lock_guard held(state);
      change(*this);
      changed.notify_all();
    }
    void no_more_signals() {
      const std::lock_guard held(signals);
      who = nullptr;
    }
    bool data(bytes_view given) {
      no_more_signals();
      const std::lock_guard held(state);
      ++answers;
      if (!gone) bytes.assign(reinterpret_cast<const char*>(given.data()), given.size());
      changed.notify_all();
      return !gone;
    }
    void failed(std::error_code why) {
      no_more_signals();
      note([why](record& r) {
        ++r.answers;
        r.error = why;
      });
    }
  };

  class kept final : public read_answer {
   public:
    kept(std::shared_ptr<record> of, std::shared_ptr<const void> keeps)
        : of_(std::move(of)), keeps_(std::move(keeps)) {}
    ~kept() override { of_->no_more_signals(); }
    bool data(bytes_view bytes) noexcept override { return of_->data(bytes); }
    void failed(std::error_code why) noexcept override { of_->failed(why); }
    std::unique_ptr<read_answer> wait(wants_signals&) override { return nullptr; }

   private:
    const std::shared_ptr<record> of_;
    const std::shared_ptr<const void> keeps_;
  };

  std::shared_ptr<record> shared_;
  std::shared_ptr<const void> keeps_;
};

}  // namespace mailslot::test

// An open slot (or another open thing that is read and written): what one open(2) holds until its close. The
// adapter hands it calls, and an answer object for a read that may have to wait.
#pragma once

#include "fs/slot/slot.h"

#include <functional>
#include <memory>

namespace mailslot {

struct read_call {
  std::uint64_t offset = 0;  // as the kernel counts: the position of the file, or within one call on a stream
  std::size_t room = 0;      // bytes that the answer may have
  bool nonblocking = false;  // O_NONBLOCK now, whatever it was at open
  moment now{};
};

struct write_call {
  std::uint64_t offset = 0;
  const sender& by;
  moment now{};
  // The block of malloc(3) that holds the bytes, at message::lent_offset, and that the callee may keep; it is
  // null then. No pointer: they are the caller's.
  void** lent = nullptr;
};

// Where the outcome of a read goes. Exactly one of data(), failed(), interrupted() or wait() is called,
// without the lock of any slot; after wait(), one of the other three on what it returned.
class read_answer {
 public:
  virtual ~read_answer() = default;
  // `bytes` are valid during the call. False: the reader is gone and got nothing.
  virtual bool data(bytes_view bytes) noexcept = 0;
  virtual void failed(std::error_code why) noexcept = 0;
  // Like failed(interrupted), from within waiter::interrupt()'s caller.
  virtual void interrupted() noexcept { failed(errc::interrupted); }
  // The read has to wait: returns the answer to keep, which keeps the handle from being destroyed before it.
  // From now on signals arrive at on_signal(), until the
  // returned answer is used or destroyed; both wait for a running on_signal().
  class wants_signals {
   public:
    virtual void on_signal() noexcept = 0;

   protected:
    virtual ~wants_signals() = default;
  };
  virtual std::unique_ptr<read_answer> wait(wants_signals& who) = 0;
};

// Where the outcome of a write goes that may have to wait (a remote slot whose computer is being looked for).
// One of accepted() and failed() is called, once, from any thread.
class write_answer {
 public:
  virtual ~write_answer() = default;
  virtual void accepted(std::size_t bytes) noexcept = 0;
  virtual void failed(std::error_code why) noexcept = 0;
  // From now on a signal calls who.on_signal(), maybe at once, until the answer is used; that waits for a
  // running on_signal(), which therefore must not answer by itself.
  virtual void tell_of_signals(read_answer::wants_signals& who) = 0;
};

class handle {
 public:
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  virtual ~handle() = default;

  // Defaults of all four: access_denied, and nothing for flush.
  virtual void read(const read_call& call, read_answer& answer);
  // Returns how many of `bytes` were accepted. Never waits.
  virtual expected<std::size_t> write(const write_call& call, bytes_view bytes);
  // Whether writes go to write_or_wait() instead. No slot of this machine: a write that waits keeps the next
  // writer of its inode in the kernel, where nothing can end it.
  virtual bool writes_may_wait() const { return false; }
  virtual void write_or_wait(const write_call& call, bytes_view bytes, std::unique_ptr<write_answer> answer);
  // A descriptor of this handle was closed by a process, or by its death when `killed`.
  virtual std::error_code flush(const sender& by, bool killed, moment now);
  virtual readiness ready(moment now);
  // poll(2): tell `who` of the next change. Dropped when nothing here ever changes.
  virtual void tell(std::unique_ptr<poller> who);

  // Whether close must reach flush(): one request more for each close.
  virtual bool wants_flush() const { return false; }
  // A stream has no position: offsets restart at 0 with each call. For handles that read and write messages,
  // so that a blocked read and a write through one descriptor do not wait for each other's position.
  virtual bool is_stream() const { return false; }
  // The slot behind this, or null.
  virtual slot* of() const { return nullptr; }
  // The message that this handle delivered last (MAILSLOT_IOC_SENDER), or null.
  virtual message_ref last_delivered() const { return {}; }

 protected:
  handle() = default;
};

enum class access : std::uint8_t { read = 1, write = 2, both = 3 };
constexpr bool reads(access a) {
  return (static_cast<unsigned>(a) & 1U) != 0;
}
constexpr bool writes(access a) {
  return (static_cast<unsigned>(a) & 2U) != 0;
}

// What happens when the last reader of a lifetime=handle slot closes; the tree removes the name then.
using on_last_reader = std::function<void()>;

// Counts one handle at its slot while it is open: readers, writers, and the end of a lifetime=handle slot.
class attendance {
 public:
  // `takes` false: it reads copies only, so it is no reader that counts. Errors: slot_busy, slot_closed.
  static expected<attendance> join(slot_ref at, access how, on_last_reader last, bool takes = true);
  attendance(attendance&& other) noexcept = default;
  attendance& operator=(attendance&&) = delete;
  ~attendance();

  slot& at() const { return *at_; }
  const slot_ref& ref() const { return at_; }
  access how() const { return how_; }

 private:
  attendance(slot_ref at, access how, on_last_reader last, bool counts)
      : at_(std::move(at)), how_(how), counts_(counts), last_(std::move(last)) {}
  slot_ref at_;
  access how_;
  bool counts_;  // as a reader
  on_last_reader last_;
};

}  // namespace mailslot

// A slot opened by its own name: one read is (part of) one message, one write is one message. This is the
// fast path, so it has no branch for any view.
//
// The cursor: a read-only handle has a position, as shells and languages expect of a file. The current
// message lies at [base, base + size) of the handle's offsets; there it can be read again, until a read from
// beyond its end takes the next message. Handles that can write are streams: the kernel keeps no position for
// them, their offsets restart at 0 with each call, and an offset above 0 is the rest of one call that was
// answered already.
#pragma once

#include "fs/slot/handle.h"
#include "fs/slot/plain_writer.h"

namespace mailslot {

class plain_handle final : public handle {
 public:
  explicit plain_handle(attendance at) : at_(std::move(at)) {}
  // A message whose last byte was not delivered goes back to the head of the queue.
  ~plain_handle() override;

  void read(const read_call& call, read_answer& answer) override;
  expected<std::size_t> write(const write_call& call, bytes_view bytes) override;
  readiness ready(moment now) override;
  void tell(std::unique_ptr<poller> who) override;
  bool is_stream() const override { return at_.how() != access::read; }
  slot* of() const override { return &at_.at(); }
  message_ref last_delivered() const override;

 private:
  class parked;

  // With the lock held: answers from the current message. False: a new one is needed.
  bool serve(const read_call& call, read_answer& answer);
  // Makes `m` the current message and answers with its first bytes.
  void begin(message_ref m, const read_call& call, read_answer& answer);

  attendance at_;
  plain_writer writer_;
  mutable std::mutex mutex_;  // the three below; held while answering, never with the slot's
  message_ref current_;
  std::uint64_t base_ = 0;      // offset of its first byte
  std::size_t read_up_to_ = 0;  // bytes of it delivered so far
};

}  // namespace mailslot

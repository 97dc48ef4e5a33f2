// A slot opened through a view: where messages come from (the queue, a look at it, copies), how they look
// (the framing) and how long a read waits are three things that this puts together.
//
// The cursor is that of plain_handle, over the bytes of all messages that one read took. `file` has no more
// than one message in its life, which lies at offset 0 as in a file.
#pragma once

#include "fs/slot/chunk.h"
#include "fs/slot/parked_read.h"
#include "fs/slot/plain_writer.h"
#include "fs/slot/view.h"
#include "fs/slot/write_stream.h"

#include <deque>

namespace mailslot {

class view_handle final : public handle, private parked_read::owner {
 public:
  // Not for `strict`, see strict_handle; and a view that takes nothing is not for writing.
  view_handle(const view& how, attendance at, view_environment around);
  // Messages whose last byte was not delivered go back to the head of the queue.
  ~view_handle() override;

  void read(const read_call& call, read_answer& answer) override;
  expected<std::size_t> write(const write_call& call, bytes_view bytes) override;
  std::error_code flush(const sender& by, bool killed, moment now) override;
  readiness ready(moment now) override;
  void tell(std::unique_ptr<poller> who) override { at_.at().tell(this, std::move(who)); }
  bool wants_flush() const override { return writes(at_.how()) && is_framed(); }
  bool is_stream() const override { return at_.how() != access::read; }
  slot* of() const override { return &at_.at(); }
  message_ref last_delivered() const override;

 private:
  bool is_framed() const { return how_.frame != &whole_framing(); }
  // Errors of a read when nothing is here.
  void read_later(const read_call& call, read_answer& answer);

  // With the lock held: answers from the current chunk. False: there is none, or all of it was delivered.
  bool serve(const read_call& call, read_answer& answer);
  // Makes `c` the current chunk and answers with its first bytes.
  void begin(chunk c, const read_call& call, read_answer& answer);
  // Adds as many messages as fit into `room` altogether, or none: there are none.
  void collect(chunk& into, std::size_t room, moment now);
  void collect_from_queue(chunk& into, std::size_t room, moment now);
  void collect_from_snapshot(chunk& into, std::size_t room, moment now);
  void collect_copies(chunk& into, std::size_t room);
  void give_back(std::vector<tail::copy_of> rest);

  void arrived(tail::copy_of got, const read_call& call, read_answer& answer) noexcept override;
  void ended(std::error_code why, read_answer& answer) noexcept override;

  const view how_;
  attendance at_;
  const view_environment around_;
  plain_writer plain_;
  write_stream stream_;
  std::optional<tail> copies_;
  std::once_flag looked_;  // peek: the snapshot was made

  mutable std::mutex mutex_;  // all below; held while answering, never with the slot's
  std::optional<chunk> current_;
  std::uint64_t base_ = 0;  // offset of its first byte
  std::deque<message_ref> snapshot_;
};

}  // namespace mailslot

// `strict`: Windows to the letter. Opened for reading only it is what CreateMailslot returns, opened for
// writing what CreateFile returns, and each refuses what the other does.
#pragma once

#include "fs/slot/parked_read.h"
#include "fs/slot/plain_writer.h"

namespace mailslot {

class strict_handle final : public handle, private parked_read::owner {
 public:
  explicit strict_handle(attendance at) : at_(std::move(at)) {}
  ~strict_handle() override { at_.at().forget(this); }

  // One whole message. Errors: short_buffer (it stays first in the slot), would_wait (read_timeout=0),
  // timed_out, access_denied. An empty message is no bytes; so is the end of a slot that was removed.
  void read(const read_call& call, read_answer& answer) override;
  expected<std::size_t> write(const write_call& call, bytes_view bytes) override;
  readiness ready(moment now) override { return at_.at().ready(now); }
  void tell(std::unique_ptr<poller> who) override { at_.at().tell(this, std::move(who)); }
  // A client's position says nothing: each of its writes is a message.
  bool is_stream() const override { return is_client(); }
  slot* of() const override { return &at_.at(); }
  message_ref last_delivered() const override;

 private:
  bool is_client() const { return writes(at_.how()); }
  void arrived(tail::copy_of got, const read_call& call, read_answer& answer) noexcept override;
  void ended(std::error_code why, read_answer& answer) noexcept override;

  attendance at_;
  plain_writer writer_;
  mutable std::mutex mutex_;
  message_ref last_;
};

}  // namespace mailslot

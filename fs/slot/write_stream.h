// What a framed handle does with the bytes that are written to it: cuts them into messages, posts those that
// are whole and keeps the rest for the next write, or for close.
//
// What a writer can rely on: bytes that write() accepted are posted once, or wait for the rest of their
// message; bytes that it did not accept are not kept, so writing them again is right. A message of which a
// part was accepted before its end was refused is never posted in part: after a refusal that may pass
// (slot_full, user_over_quota, no_room) the same end may be written again; after any other, and always when
// the whole stream is one message, nothing more is accepted until the writer closes, and close says why.
#pragma once

#include "fs/slot/framing.h"
#include "fs/slot/handle.h"
#include "fs/slot/held_bytes.h"

#include <mutex>

namespace mailslot {

class write_stream {
 public:
  explicit write_stream(const framing& how) : how_(how) {}

  // Returns how many of `bytes` were accepted: all, or up to the end of the last message that was, or an
  // error and none. Errors: those of the framing, of message::make() and of slot::post().
  expected<std::size_t> write(slot& to, const write_call& call, bytes_view bytes);

  // A descriptor was closed: posts what is left as the framing says; with nothing left it does nothing, so
  // early closes of duplicates do no harm. By a writer that was killed, what it began is dropped.
  // Errors: those of write(), and the last refusal of a message that was begun and is dropped now.
  std::error_code finish(slot& to, const sender& by, bool killed, moment now);

 private:
  // What one step of write() did: how many bytes were accepted, and why not more (nothing: there is nothing
  // more to post).
  struct step {
    std::size_t accepted = 0;
    std::error_code why;
    bool more = false;
  };
  step post_some(slot& to, bytes_view bytes, std::size_t limit, const write_call& call,
                 message_supply& supply);
  expected<message_ref> message_of(bytes_view piece, const write_call& call, message_supply& supply);
  // Remembers that `why` was said in the middle of a message.
  void remember(std::error_code why);

  const framing& how_;
  std::mutex mutex_;  // all below; held while posting, never while anything of this handle is read
  held_bytes begun_;
  std::error_code stuck_;  // what begun_ cannot be completed for
  std::string scratch_;
  pid_t last_writer_ = 0;
};

}  // namespace mailslot

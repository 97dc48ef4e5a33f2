// Writing without a framing: one write(2) is one message, for every handle that writes so.
#pragma once

#include "fs/slot/handle.h"

namespace mailslot {

class plain_writer {
 public:
  // Posts `bytes` as one message. On a stream handle an offset above 0 is the second part of a writev(2) of
  // more than 256 segments, which the kernel cuts: the message becomes longer, as long as nobody has it.
  // Errors: those of message::make() and slot::post().
  expected<std::size_t> write(slot& to, const write_call& call, bytes_view bytes);

 private:
  expected<std::size_t> lengthen(slot& to, const write_call& call, bytes_view bytes);

  std::atomic<std::uint64_t> last_posted_ = 0;  // id
};

}  // namespace mailslot

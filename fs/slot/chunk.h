// What one read of a view made: messages that were taken together, and their bytes as the reader sees them.
// Knows which of them have been delivered, and no slot.
#pragma once

#include "fs/slot/framing.h"
#include "fs/slot/tail.h"

#include <vector>

namespace mailslot {

class chunk {
 public:
  chunk(const framing& how, const view_environment& around) : how_(&how), around_(&around) {}
  // One that is empty, in the memory of one that is done with if that is not too much to keep.
  static chunk in_place_of(chunk&& old);
  chunk(chunk&&) noexcept = default;
  chunk& operator=(chunk&&) noexcept = default;
  ~chunk();

  bool empty() const { return pieces_.empty(); }
  // Adds a message, or a copy with what was lost before it. Without memory for that nothing has changed.
  void add(tail::copy_of&& got);
  // Adds all of `taken`, which are encoded in `bytes`. Without memory for one of them, that one and those
  // after it are still there.
  void add(message_queue& taken, std::size_t bytes);
  // The same when all of it fits into `room` bytes altogether, or when it is the first.
  bool add_within(std::size_t room, tail::copy_of& got);

  std::size_t size() const { return how_->verbatim() ? verbatim().size() : encoded_.size(); }
  bytes_view bytes() const { return how_->verbatim() ? verbatim() : as_bytes(encoded_); }

  // Bytes up to `end` have been delivered; 0 delivers an empty message. With the last byte it lets go of all
  // messages but the last.
  void delivered(std::size_t end);
  std::size_t read_up_to() const { return read_up_to_; }
  bool finished() const { return begun_ && read_up_to_ == size(); }
  // Drops the messages that were delivered to their last byte; the rest begins at 0, and nothing of it is
  // delivered.
  void restart();
  // The messages whose last byte was not delivered, in their order; the chunk is empty then.
  std::vector<tail::copy_of> undelivered();
  // The message of the byte that was delivered last, or null.
  message_ref last() const;

 private:
  // What is kept for the next chunk: enough for a read of 128 KiB, as cat(1) and cp(1) do it.
  static constexpr std::size_t most_kept = 256 * 1024;

  struct piece {
    tail::copy_of got;
    std::size_t end;  // of its bytes among those of the chunk
  };
  // Of all but the last `but`.
  void let_go(std::size_t but) noexcept;
  void encode(const message& m, std::uint64_t lost);
  bytes_view verbatim() const { return pieces_.empty() ? bytes_view() : pieces_.front().got.m->bytes(); }

  const framing* how_;
  const view_environment* around_;
  std::vector<piece> pieces_;
  std::string encoded_;
  std::size_t read_up_to_ = 0;
  bool begun_ = false;  // something was delivered
};

// Says how many messages fit into one read, before they are taken. The first always does, unless the read has
// `begun` with another.
class packer {
 public:
  packer(std::size_t room, bool begun, const framing& how, const view_environment& around)
      : room_(room), how_(how), around_(around), any_(begun) {}

  bool fits(const message& m);
  // What all that fit take together.
  std::size_t size() const { return size_; }

 private:
  std::size_t room_;
  const framing& how_;
  const view_environment& around_;
  bool any_ = false;
  std::size_t size_ = 0;
};

}  // namespace mailslot

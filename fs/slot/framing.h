// How messages become the bytes that a reader sees, and how the bytes of a writer are cut into messages. A
// framing is one object without state in one file, framing_NAME.cc, with one row in the table of framing.cc;
// it knows no slot and no handle.
#pragma once

#include "fs/slot/message.h"

#include <optional>
#include <string>

namespace mailslot {

// What framings know of the world.
struct view_environment {
  std::string host;  // this machine's name, for messages that were posted here
};

class framing {
 public:
  framing(const framing&) = delete;
  framing& operator=(const framing&) = delete;

  // --- reading

  // Each message as it is, one at a time: nobody calls encode().
  virtual bool verbatim() const { return false; }
  // One open sees one message, one open writes one message.
  virtual bool one_message() const { return false; }
  // A reader can tell an empty message from the end.
  virtual bool shows_empty() const { return true; }
  // Exactly what encode() appends. Called with the lock of a slot held; never less than m.size().
  virtual std::size_t encoded_size(const message& m, const view_environment& around) const = 0;
  virtual void encode(const message& m, const view_environment& around, std::string& out) const = 0;
  // What stands in the place of `n` messages that a slow reader of copies lost.
  virtual void encode_lost(std::uint64_t n, std::string& out) const;

  // --- writing: a stream of pieces, each of which holds one message

  // How many bytes of `more` complete the piece that the bytes of `begun` start; nothing: not all is here.
  // `begun` alone is never a whole piece. `limit`: the largest message allowed.
  // Errors: message_too_long, bad_value.
  virtual expected<std::optional<std::size_t>> end_of(bytes_view begun, bytes_view more,
                                                      std::size_t limit) const = 0;
  // The message in a whole piece: a part of `piece`, or of `scratch` where it had to be decoded.
  // Errors: bad_value.
  virtual expected<bytes_view> body_of(bytes_view piece, std::string& scratch) const = 0;
  // The message in what was begun when the writer closed. Errors: bad_value, it is no message.
  virtual expected<bytes_view> tail_of(bytes_view begun, std::string& scratch) const = 0;
  // How many bytes of an unfinished piece are kept at most.
  virtual std::size_t most_carried(std::size_t limit) const = 0;

 protected:
  framing() = default;
  ~framing() = default;
};

// The row of a framing in the table: the word that asks for it, one line of help, and the framing.
struct framing_row {
  std::string_view word;
  std::string_view help;
  const framing& (*get)();
};

std::span<const framing_row> framings();
// One read, (part of) one message; one write, one message: what a slot does without a word.
const framing& whole_framing();

}  // namespace mailslot

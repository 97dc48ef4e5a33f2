// The table of framings, and what most of them share.
#include "fs/slot/framing.h"

#include <array>

namespace mailslot {

const framing& file_framing();
const framing& lines_framing();
const framing& frames_framing();
const framing& json_framing();

std::span<const framing_row> framings() {
  static constexpr std::array table = {
      framing_row{"file", "open to end of file is one message, and so is open to close when writing",
                  file_framing},
      framing_row{"lines", "one message a line, many lines a read or write", lines_framing},
      framing_row{"frames", "a 4-byte big-endian length before each message, many a read or write",
                  frames_framing},
      framing_row{"json", "one JSON object a line, with id, time, sender and text or base64", json_framing},
  };
  return table;
}

void framing::encode_lost(std::uint64_t, std::string&) const {}

}  // namespace mailslot

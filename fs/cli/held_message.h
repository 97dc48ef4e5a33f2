// A message that is read whole and yet not taken: through the json view, whose last byte is a newline that
// belongs to no message. As long as that is not read, the message goes back when the handle closes.
#pragma once

#include "fs/cli/files.h"

#include <string>
#include <string_view>

namespace mailslot::cli {

// The beginning of one object of the json view, as far as it goes: the bytes of the message in it, and how
// many more of the object can be read without its newline.
struct partial_object {
  std::string content;
  std::size_t safe = 0;  // 0: everything but the newline is here
};
// Failure: it is no object of that view.
result<partial_object> parse_partial(std::string_view begun);

// Reads on in an object of which `begun` was read, up to its newline; returns the bytes of the message.
result<std::string> read_held(const target& from, int handle, std::string begun);
// Reads the newline: the message is taken.
result<void> take_held(const target& from, int handle);

}  // namespace mailslot::cli

// mailslot peek: what waits, oldest first, and stays there.
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"
#include "fs/cli/output.h"
#include "fs/mailslot.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mailslot::cli {

int peek(const surroundings& around, const peek_options& options) {
  const auto slot = resolve_mounted(around, options.name);
  if (!slot) return complain(around, slot.error());
  const bool json = options.cut == separation::json;
  // Frames, where an empty message is something, too.
  auto from = open_file(*slot, slot->view(json ? "json+peek" : "frames+peek"), O_RDONLY);
  if (!from) return complain(around, from.error());
  std::string buffer(frame_header + MAILSLOT_LARGEST_MESSAGE, '\0');
  std::size_t have = 0;
  std::uint64_t left = options.count.value_or(UINT64_MAX);
  while (left > 0) {
    const ssize_t n = read(from->get(), buffer.data() + have, buffer.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return complain(around, explain(*slot, "peek into", errno));
    if (n == 0) break;
    std::string_view got = std::string_view(buffer).substr(0, have + static_cast<std::size_t>(n));
    if (json) {
      if (print(around, first_lines(got, left)) != success) return failed;
      continue;
    }
    std::string text;
    while (left > 0) {
      const auto message = next_frame(got);
      if (!message) break;
      text += *message;
      text += after_message(*message, options.cut, around.out_is_terminal);
      --left;
    }
    if (print(around, text) != success) return failed;
    have = got.size();
    std::ranges::copy(got, buffer.begin());
  }
  return success;
}

}  // namespace mailslot::cli

// mailslot peek: what waits, oldest first, and stays there.
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"
#include "fs/cli/output.h"
#include "fs/mailslot.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace mailslot::cli {

int peek(const surroundings& around, const peek_options& options) {
  const auto slot = resolve_mounted(around, options.name);
  if (!slot) return complain(around, slot.error());
  const bool json = options.cut == separation::json;
  // Without a framing, one read is one message.
  auto from = open_file(*slot, slot->view(json ? "json+peek" : "peek"), O_RDONLY);
  if (!from) return complain(around, from.error());
  std::string buffer(MAILSLOT_LARGEST_MESSAGE + 1, '\0');
  std::uint64_t left = options.count.value_or(UINT64_MAX);
  while (left > 0) {
    const ssize_t n = read(from->get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return complain(around, explain(*slot, "peek into", errno));
    if (n == 0) break;
    std::string_view got(buffer.data(), static_cast<std::size_t>(n));
    if (json) got = first_lines(got, left);
    if (print(around, got) != success) return failed;
    if (json) continue;
    --left;
    if (print(around, after_message(got, options.cut, around.out_is_terminal)) != success) return failed;
  }
  return success;
}

}  // namespace mailslot::cli

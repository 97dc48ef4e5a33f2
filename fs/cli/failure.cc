// Sentences, and how they leave.
#include "fs/cli/failure.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mailslot::cli {

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

int print(const surroundings& around, std::string_view text) {
  if (write_all(around.out, text)) return success;
  return complain(around, {fmt::format("the output cannot be written: {}", reason(errno)), errno});
}

int complain(const surroundings& around, const failure& why, int status) {
  // When not even this can be said, the exit status still says that it went wrong.
  (void)write_all(around.err, fmt::format("mailslot: {}\n", why.sentence));
  return status;
}

std::string reason(int code) {
  return std::generic_category().message(code);
}

}  // namespace mailslot::cli

// LISTEN_PID, LISTEN_FDS; the first descriptor is 3.
#include "fs/handed_over.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace mailslot {
namespace {

constexpr int first_descriptor = 3;
constexpr int most_descriptors = 64;  // more than anybody means

int number_in(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return -1;
  const std::string_view text = value;
  int number = -1;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size() ? number : -1;
}

}  // namespace

std::vector<int> sockets_handed_over() {
  const bool ours = number_in("LISTEN_PID") == ::getpid();
  const int count = number_in("LISTEN_FDS");
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
  std::vector<int> found;
  if (!ours || count > most_descriptors) return found;
  for (int fd = first_descriptor; fd < first_descriptor + count; ++fd) {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) found.push_back(fd);
  }
  return found;
}

}  // namespace mailslot

// /proc/PID/status: masks of signals in hexadecimal. proc_pid_status(5).
#include "fs/fuse/pending_signals.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace mailslot {
namespace {

std::uint64_t mask(std::string_view status, std::string_view key) {
  const auto at = status.find(key);
  if (at == std::string_view::npos) return 0;
  status.remove_prefix(at + key.size());
  status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
  std::uint64_t bits = 0;
  std::from_chars(status.data(), status.data() + status.size(), bits, 16);
  return bits;
}

}  // namespace

pending_signals signals_pending_in(std::string_view status) noexcept {
  const auto wanted = ~mask(status, "\nSigBlk:");
  if ((mask(status, "\nSigPnd:") & wanted) != 0) return pending_signals::own;
  if ((mask(status, "\nShdPnd:") & wanted) != 0) return pending_signals::shared;
  return pending_signals::none;
}

pending_signals signals_pending_for(pid_t thread) noexcept {
  if (thread <= 0) return pending_signals::none;
  std::array<char, 64> path{};
  fmt::format_to_n(path.data(), path.size() - 1, "/proc/{}/status", thread);
  const int fd = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return pending_signals::none;
  std::string text;  // its groups alone may fill pages
  std::array<char, 4096> part{};
  // ESRCH if the thread ends meanwhile.
  for (ssize_t n = 0; (n = ::read(fd, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  return signals_pending_in(text);
}

}  // namespace mailslot

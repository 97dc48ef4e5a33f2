// /proc/PID/stat of a process that exits. Fields: proc_pid_stat(5).
#include "fs/fuse/killed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <span>
#include <string_view>

namespace mailslot {
namespace {

constexpr int flags_field = 9, exit_code_field = 52;
constexpr unsigned long pf_exiting = 0x4;

// The number in field `wanted` (from 1) of `stat`, whose second field is in parentheses and may contain
// anything.
unsigned long field(std::string_view stat, int wanted) {
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string_view::npos) return 0;
  stat.remove_prefix(end_of_name + 1);
  for (int at = 3; at < wanted; ++at) {
    const auto next = stat.find(' ', 1);
    if (next == std::string_view::npos) return 0;
    stat.remove_prefix(next);
  }
  stat.remove_prefix(1);
  unsigned long n = 0;
  std::from_chars(stat.data(), stat.data() + stat.size(), n);
  return n;
}

// Reads it into `room`; empty when that is not possible.
std::string_view stat_of(pid_t pid, std::span<char> room) noexcept {
  if (pid <= 0) return {};
  std::array<char, 64> path{};
  fmt::format_to_n(path.data(), path.size() - 1, "/proc/{}/stat", pid);
  const int fd = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const auto n = ::read(fd, room.data(), room.size());
  ::close(fd);
  return n <= 0 ? std::string_view{} : std::string_view(room.data(), static_cast<std::size_t>(n));
}

}  // namespace

bool dies_of_a_signal(pid_t pid) noexcept {
  std::array<char, 1024> text{};
  const auto stat = stat_of(pid, text);
  // The exit code of one that exits by itself has its signal bits clear.
  return (field(stat, flags_field) & pf_exiting) != 0 && (field(stat, exit_code_field) & 0x7f) != 0;
}

bool may_be_exiting(pid_t pid) noexcept {
  std::array<char, 1024> text{};
  const auto stat = stat_of(pid, text);
  return stat.empty() || (field(stat, flags_field) & pf_exiting) != 0;  // empty: /proc with hidepid, maybe
}

}  // namespace mailslot

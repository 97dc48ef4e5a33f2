// Orders are a letter and a number: a process that Dies, a thread that Calls mkdir(2); or to Unmount. Answers
// are one letter.
#include "fs/deputy.h"

#include "fs/fuse/calling.h"
#include "fs/fuse/killed.h"
#include "fs/fuse/unmount.h"
#include "fs/privilege.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace mailslot {
namespace {

constexpr std::string_view yes = "y", no = "n";

pid_t number_in(std::string_view text) {
  pid_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

std::string_view obey(const std::string& mountpoint, std::string_view what) {
  const auto about = what.substr(1);
  switch (what.front()) {
    case 'd':
      return dies_of_a_signal(number_in(about)) ? yes : no;
    case 'c':
      return makes_a_directory(number_in(about)) ? yes : no;
    case 'u':
      unmount(mountpoint);
      return yes;
    default:
      return no;
  }
}

}  // namespace

expected<std::unique_ptr<deputy>> deputy::start(const std::string& mountpoint) {
  // The paths to mount points and the files in /proc may be closed to others. An ordinary user's needs
  // fusermount3, which is set-user-ID.
  const auto limit = [] {
    if (keep_only({CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH}, programs::may_gain)) ::_exit(1);
  };
  auto process = companion::start("mailslot-deputy", limit,
                                  [&](std::string_view what) { return obey(mountpoint, what); });
  if (!process) return refuse(process.error());
  return std::unique_ptr<deputy>(new deputy(std::move(*process)));
}

bool deputy::ask(std::string_view what) noexcept {
  std::array<char, 1> answer{};
  const std::lock_guard held(mutex_);
  return process_.ask(what, answer) == yes;
}

bool deputy::dies_of_a_signal(pid_t pid) noexcept {
  if (!may_be_exiting(pid)) return false;
  std::array<char, 16> text{};
  return ask({text.data(), fmt::format_to_n(text.data(), text.size(), "d{}", pid).out});
}

bool deputy::makes_a_directory(pid_t thread) noexcept {
  std::array<char, 16> text{};
  return ask({text.data(), fmt::format_to_n(text.data(), text.size(), "c{}", thread).out});
}

void deputy::unmount() noexcept {
  ask("u");
}

}  // namespace mailslot

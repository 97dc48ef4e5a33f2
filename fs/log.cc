// Lines of the log. Where stderr is the journal, "<N>" in front is the priority: sd-daemon(3).
#include "fs/log.h"

#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

namespace mailslot::log {
namespace {

std::atomic<level> least_level = level::notice;
std::atomic<bool> detached = false;

constexpr auto names = std::to_array<std::pair<level, std::string_view>>({
    {level::error, "error"},
    {level::warning, "warning"},
    {level::notice, "notice"},
    {level::info, "info"},
    {level::debug, "debug"},
});

// systemd.exec(5): JOURNAL_STREAM is the device and inode of the stream that was stderr when the service
// began; a redirection since then makes it another.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat st{};
  return stream && ::fstat(STDERR_FILENO, &st) == 0 &&
         stream == fmt::format("{}:{}", static_cast<std::uint64_t>(st.st_dev), st.st_ino);
}

}  // namespace

std::string_view name_of(level which) {
  for (const auto& [each, name] : names) {
    if (each == which) return name;
  }
  return {};
}

std::optional<level> parse_level(std::string_view name) {
  for (const auto& [each, text] : names) {
    if (text == name) return each;
  }
  return std::nullopt;
}

void set_level(level least) {
  least_level.store(least, std::memory_order_relaxed);
}
level current_level() {
  return least_level.load(std::memory_order_relaxed);
}

void detach() {
  ::openlog("mailslotfs", LOG_PID, LOG_DAEMON);
  detached = true;
}

void say(level how, std::string_view text) {
  if (!wants(how)) return;
  if (detached) {
    ::syslog(static_cast<int>(how), "%.*s", static_cast<int>(text.size()), text.data());
    return;
  }
  static const bool journal = stderr_is_journal();
  const std::string line =
      journal ? fmt::format("<{}>{}\n", static_cast<int>(how), text) : fmt::format("mailslotfs: {}\n", text);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace mailslot::log

// Lines of the log. Under systemd stderr is the journal, where "<N>" in front is the priority: sd-daemon(3).
#include "fs/log.h"

#include <syslog.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace mailslot::log {
namespace {

std::atomic<level> least_level = level::notice;
std::atomic<bool> detached = false;

}  // namespace

void set_level(level least) {
  least_level = least;
}
level current_level() {
  return least_level;
}

void detach() {
  ::openlog("mailslotfs", LOG_PID, LOG_DAEMON);
  detached = true;
}

void say(level how, std::string_view text) {
  if (how > least_level.load()) return;
  if (detached) {
    ::syslog(static_cast<int>(how), "%.*s", static_cast<int>(text.size()), text.data());
    return;
  }
  static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  const std::string line =
      journal ? fmt::format("<{}>{}\n", static_cast<int>(how), text) : fmt::format("mailslotfs: {}\n", text);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace mailslot::log

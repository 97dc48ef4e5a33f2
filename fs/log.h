// What the program says, and where: the terminal in the foreground, the journal under systemd, the system log
// once detached. Libraries are silent; only main and what it wires together speak.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace mailslot::log {

enum class level : int { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };  // as syslog(3) has them

// Any thread.
void say(level how, std::string_view text);
void set_level(level least);
level current_level();
// From now on lines go to syslog(3) instead of stderr.
void detach();

template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
  say(level::error, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
  say(level::warning, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void notice(fmt::format_string<Args...> text, Args&&... args) {
  say(level::notice, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  say(level::info, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace mailslot::log

// What the program says, and where: the terminal in the foreground, the journal under systemd, the system log
// once detached. Libraries are silent; only main and what it wires together speak.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace mailslot::log {

enum class level : int { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };  // as syslog(3) has them

std::string_view name_of(level which);
// Nothing for a word that is none of the names.
std::optional<level> parse_level(std::string_view name);

// Any thread.
void say(level how, std::string_view text);
void set_level(level least);
level current_level();
inline bool wants(level how) {
  return how <= current_level();
}
// From now on lines go to syslog(3) instead of stderr.
void detach();

template <class... Args>
void say_formatted(level how, fmt::format_string<Args...> text, Args&&... args) {
  if (wants(how)) say(how, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
  say_formatted(level::error, text, std::forward<Args>(args)...);
}
template <class... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
  say_formatted(level::warning, text, std::forward<Args>(args)...);
}
template <class... Args>
void notice(fmt::format_string<Args...> text, Args&&... args) {
  say_formatted(level::notice, text, std::forward<Args>(args)...);
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  say_formatted(level::info, text, std::forward<Args>(args)...);
}

}  // namespace mailslot::log

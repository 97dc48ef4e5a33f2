// Names of slots, checked.
#include "net/proto/slot_path.h"

#include <algorithm>

namespace mailslot::net {
namespace {

constexpr std::size_t level_limit = 255;

// Calls `check` with each level of `name`, and whether it is the first; false as soon as one is refused.
template <typename Check>
bool every_level(std::string_view name, std::string_view separators, Check check) {
  bool top = true;
  for (;;) {
    const auto end = name.find_first_of(separators);
    if (!check(name.substr(0, end), top)) return false;
    if (end == std::string_view::npos) return true;
    name.remove_prefix(end + 1);
    top = false;
  }
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
}

}  // namespace

std::optional<std::string> path_from_wire(std::string_view name) {
  const bool good = every_level(name, "\\", [](std::string_view level, bool top) {
    if (level.empty() || level.size() > level_limit || level == "." || level == "..") return false;
    if (top && (level[0] == '.' || level[0] == '@')) return false;
    return std::ranges::none_of(level, [](char c) { return c == '/' || is_control(c); });
  });
  if (!good) return std::nullopt;
  std::string path(name);
  std::ranges::replace(path, '\\', '/');
  return path;
}

std::optional<std::string> path_to_wire(std::string_view path) {
  const bool good = every_level(path, "/\\", [](std::string_view level, bool) {
    return !level.empty() && level.find('\0') == std::string_view::npos;
  });
  if (!good) return std::nullopt;
  std::string name(path);
  std::ranges::replace(name, '/', '\\');
  return name;
}

}  // namespace mailslot::net

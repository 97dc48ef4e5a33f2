// From what people write to a file below a mount point.
#include "fs/cli/names.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <span>
#include <vector>

namespace mailslot::cli {
namespace {

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return tolower(x) == tolower(y); });
}

// The parts between slashes (and backslashes, where `windows`) that are not empty.
std::vector<std::string_view> parts_of(std::string_view text, bool windows) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(windows ? "\\/" : "/"), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

result<std::string> joined(std::string_view said, std::span<const std::string_view> parts) {
  std::string path;
  for (const auto part : parts) {
    if (part == "." || part == "..") {
      return fail("\"{}\" is no name for a slot: \"{}\" means nothing in it (./NAME is a path)", said, part);
    }
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

// \\HOST\mailslot\NAME
result<target> resolve_windows(const surroundings& around, std::string_view name) {
  const auto parts = parts_of(name, true);
  if (parts.size() < 3 || !same_letters(parts[1], "mailslot")) {
    return fail(
        "\"{}\" is no mailslot name: they look like '\\\\.\\mailslot\\NAME' or "
        "'\\\\HOST\\mailslot\\NAME'",
        name);
  }
  const auto path = joined(name, std::span(parts).subspan(2));
  if (!path) return tl::unexpected(path.error());
  const auto host = parts[0];
  if (host == ".") return target{std::string(name), around.root, *path};
  return target{std::string(name), around.root, fmt::format("@{}/{}", host, *path)};
}

// The directory above which another file system begins, for a directory that exists.
result<std::string> mount_above(std::string_view said, std::filesystem::path directory) {
  struct stat here{};
  if (stat(directory.c_str(), &here) != 0) {
    return fail_with(errno, "there is no directory \"{}\" for \"{}\"", directory.string(), said);
  }
  while (directory.has_relative_path()) {
    struct stat above{};
    const auto parent = directory.parent_path();
    if (stat(parent.c_str(), &above) != 0 || above.st_dev != here.st_dev) break;
    directory = parent;
  }
  return directory.string();
}

result<target> resolve_path(const surroundings& around, std::string_view name) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path whole = fs::absolute(fs::path(name), error).lexically_normal();
  if (error) return fail("the current directory cannot be told: {}", error.message());
  if (!whole.has_filename()) whole = whole.parent_path();

  // Below MAILSLOT_ROOT no file is looked at: the name may be there or not.
  const auto inside = whole.lexically_relative(around.root);
  if (!inside.empty() && *inside.begin() != "..") {
    return target{std::string(name), around.root, inside == "." ? std::string() : inside.string()};
  }
  // Elsewhere the slot itself may not be there yet, but its directory is.
  fs::path directory = fs::is_directory(whole, error) ? whole : whole.parent_path();
  const auto root = mount_above(name, fs::weakly_canonical(directory, error));
  if (!root) return tl::unexpected(root.error());
  if (directory != whole) directory = fs::weakly_canonical(directory, error) / whole.filename();
  if (directory == whole) directory = fs::weakly_canonical(directory, error);
  const auto below = directory.lexically_relative(*root);
  return target{std::string(name), *root, below == "." ? std::string() : below.string()};
}

bool is_path(std::string_view name) {
  return name.starts_with('/') || name == "." || name == ".." || name.starts_with("./") ||
         name.starts_with("../");
}

// Views and the like are not slots: their first part is one of these.
constexpr std::string_view reserved[] = {".as", ".info", ".net", ".metrics"};

result<target> checked(target t) {
  const auto first = std::string_view(t.path).substr(0, t.path.find('/'));
  if (std::ranges::find(reserved, first) != std::end(reserved)) {
    return fail("\"{}\" is not a slot but one of the files beside them: read it with cat, or name the slot",
                t.said);
  }
  if (t.is_remote() && first.size() == t.path.size()) {
    return fail("\"{}\" names a computer and no slot: add it, as in '{}/inbox'", t.said, t.path);
  }
  return t;
}

// Nobody should be led to cover a directory that is in use.
std::string how_to_mount(const std::string& root) {
  std::error_code error;
  const auto place = shell_quoted(root);
  if (!std::filesystem::exists(root, error)) {
    return error ? "" : fmt::format("mkdir -p {0} && mailslotfs {0} mounts one; ", place);
  }
  const bool usable = std::filesystem::is_directory(root, error) && std::filesystem::is_empty(root, error);
  return usable && !error ? fmt::format("mailslotfs {} mounts one; ", place) : "";
}

}  // namespace

std::string_view target::host() const {
  const auto end = path.find('/');
  return std::string_view(path).substr(1, end == std::string::npos ? end : end - 1);
}

std::string target::view(std::string_view words) const {
  return fmt::format("{}/.as/{}/{}", root, words, path);
}

result<target> resolve(const surroundings& around, std::string_view name) {
  if (name.empty()) return fail("the name of the slot is empty");
  if (name.starts_with("\\\\") || name.starts_with("//./") || name.starts_with("//*/")) {
    return resolve_windows(around, name).and_then(checked);
  }
  if (name.starts_with('\\')) {
    return fail("\"{}\" begins with one backslash: the shell took the others, put '' around the name", name);
  }
  if (is_path(name)) return resolve_path(around, name).and_then(checked);
  const auto parts = parts_of(name, true);
  const auto path = joined(name, parts);
  if (!path) return tl::unexpected(path.error());
  return checked({std::string(name), around.root, *path});
}

failure explain_mount(const std::string& root, int code) {
  const auto place = shell_quoted(root);
  switch (code) {
    case ENODEV:
    case ENOENT:
    case ENOTDIR:
      return {fmt::format("no mailslotfs is mounted at {} ({}MAILSLOT_ROOT names another place)", place,
                          how_to_mount(root)),
              code};
    case ENOTCONN:
    case ECONNABORTED:
    case ECANCELED:
      return {fmt::format("the mailslotfs at {0} has ended (fusermount3 -u {0}, then mount it again)", place),
              code};
    case EACCES:
      return {fmt::format("only the user who mounted {} may use it (mount it with -o allow_other)", place),
              code};
    default:
      return {fmt::format("{} cannot be looked at: {}", place, reason(code)), code};
  }
}

result<void> require_mount(const surroundings& around, const std::string& root) {
  const int code = around.check_mount(root);
  if (code == 0) return {};
  return tl::unexpected(explain_mount(root, code));
}

result<target> resolve_mounted(const surroundings& around, std::string_view name) {
  auto t = resolve(around, name);
  if (!t) return t;
  const int code = around.check_mount(t->root);
  if (code == 0) return t;
  if (t->root != around.root && (code == ENODEV || code == ENOENT || code == ENOTDIR)) {
    return fail_with(code, "\"{}\" is not in a mailslotfs mount", t->said);
  }
  return tl::unexpected(explain_mount(t->root, code));
}

result<void> check_view(std::string_view words) {
  const auto whole = words;
  unsigned framings = 0, takings = 0, waits = 0, stricts = 0;
  bool file = false, tail = false;
  for (bool more = true; more;) {
    const auto word = words.substr(0, words.find('+'));
    more = word.size() < words.size();
    words.remove_prefix(more ? word.size() + 1 : word.size());
    if (std::ranges::find(view_words, word) == view_words.end()) {
      return fail("\"{}\" is no word of a view: {}", word, fmt::join(view_words, ", "));
    }
    file |= word == "file";
    tail |= word == "tail";
    if (word == "peek" || word == "tail")
      ++takings;
    else if (word == "wait")
      ++waits;
    else if (word == "strict")
      ++stricts;
    else
      ++framings;
  }
  const bool alone = framings + takings + waits == 0;
  if (framings > 1 || takings > 1 || waits > 1 || stricts > 1 || (takings == 1 && waits == 1) ||
      (stricts == 1 && !alone) || (file && tail)) {
    return fail("the words of the view \"{}\" do not go together", whole);
  }
  return {};
}

std::string shell_quoted(std::string_view text) {
  const auto plain = [](unsigned char c) {
    return isalnum(c) || std::string_view("/._-+:@%=,").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) c == '\'' ? quoted += "'\\''" : quoted += c;
  return quoted + "'";
}

}  // namespace mailslot::cli

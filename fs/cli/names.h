// How slots are named on the command line: a path, a Windows name (\\.\mailslot\x, \\HOST\mailslot\x,
// \\*\mailslot\x), or a name below the root of all slots. Looks at no file, except to find the mount that an
// absolute path lies in.
#pragma once

#include "fs/cli/failure.h"

#include <array>
#include <string>
#include <string_view>

namespace mailslot::cli {

struct target {
  std::string said;  // as the user wrote it, for sentences
  std::string root;  // the mount point
  std::string path;  // below it, without a "/" at either end; "" is the root itself

  bool is_remote() const { return path.starts_with('@'); }
  // "FILESRV" of @FILESRV/inbox.
  std::string_view host() const;

  std::string file() const { return path.empty() ? root : (root == "/" ? root : root + "/") + path; }
  std::string info() const { return root + "/.info/" + path; }
  // `words` as in "json+tail".
  std::string view(std::string_view words) const;
};

// Failures say which of the rules for names was broken.
result<target> resolve(const surroundings& around, std::string_view name);

// The same, and mailslotfs is mounted there.
result<target> resolve_mounted(const surroundings& around, std::string_view name);
result<void> require_mount(const surroundings& around, const std::string& root);
// Why a mount cannot be used whose check said `code`.
failure explain_mount(const std::string& root, int code);

// The words that views are named by.
constexpr auto view_words =
    std::to_array<std::string_view>({"file", "lines", "frames", "json", "peek", "tail", "wait", "strict"});
// Failures say which of "json+tail" is no such word, or that they do not go together.
result<void> check_view(std::string_view words);

// `text` so that a shell reads it as one word.
std::string shell_quoted(std::string_view text);

}  // namespace mailslot::cli

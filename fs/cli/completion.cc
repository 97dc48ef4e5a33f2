// Candidates come from where the truth is: the directory, the table of attributes, .as.
#include "fs/cli/completion.h"

#include "fs/cli/attributes.h"
#include "fs/cli/hosts.h"
#include "fs/cli/names.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>

namespace mailslot::cli {
namespace {

// The words that a value may be, where it is one of a few.
std::vector<std::string_view> words_for(std::string_view key) {
  if (key == "read_timeout") return {"0", "forever"};
  if (key == "full") return {"reject", "drop-oldest", "drop-newest"};
  if (key == "lifetime") return {"persistent", "handle"};
  if (key == "exclusive") return {"yes", "no"};
  if (key == "remote") return {"allow", "deny"};
  if (key == "durable") return {"no", "async", "sync"};
  return {};
}

}  // namespace

std::vector<std::string> complete_name(const surroundings& around, const std::string& begun) {
  std::vector<std::string> all;
  if (begun.starts_with('@') && begun.find('/') == std::string::npos) {
    all.emplace_back("@*/");
    if (const auto peers = known_hosts(around)) {
      for (const auto& peer : *peers) all.push_back("@" + host_of(peer) + "/");
    }
    std::erase_if(all, [&](const std::string& name) { return !name.starts_with(begun); });
    return all;
  }
  const auto slash = begun.rfind('/');
  const std::string above = slash == std::string::npos ? "" : begun.substr(0, slash + 1);
  const bool is_path = begun.starts_with('/') || begun.starts_with("./") || begun.starts_with("../");
  const std::string directory = is_path ? above : around.root + "/" + above;
  if (!is_path && around.check_mount(around.root) != 0) return all;
  DIR* open = opendir(directory.c_str());
  if (!open) return all;
  while (const dirent* entry = readdir(open)) {
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || !name.starts_with(std::string_view(begun).substr(above.size())))
      continue;
    struct stat st{};
    const bool is_directory =
        entry->d_type == DT_DIR ||
        (entry->d_type == DT_UNKNOWN && stat(fmt::format("{}/{}", directory, name).c_str(), &st) == 0 &&
         S_ISDIR(st.st_mode));
    all.push_back(fmt::format("{}{}{}", above, name, is_directory ? "/" : ""));
  }
  closedir(open);
  std::ranges::sort(all);
  return all;
}

std::vector<std::string> complete_attribute(const std::string& begun) {
  std::vector<std::string> all;
  const auto equals = begun.find('=');
  if (equals == std::string::npos) {
    for (const auto key : settable_keys()) {
      if (key.starts_with(begun)) all.push_back(std::string(key) + "=");
    }
    return all;
  }
  for (const auto word : words_for(std::string_view(begun).substr(0, equals))) {
    auto whole = begun.substr(0, equals + 1) + std::string(word);
    if (whole.starts_with(begun)) all.push_back(std::move(whole));
  }
  return all;
}

std::vector<std::string> complete_view(const std::string& begun) {
  const auto plus = begun.rfind('+');
  const std::string before = plus == std::string::npos ? "" : begun.substr(0, plus + 1);
  std::vector<std::string> all;
  for (const auto word : view_words) {
    auto whole = fmt::format("{}{}", before, word);
    if (whole.starts_with(begun) && check_view(whole)) all.push_back(std::move(whole));
  }
  return all;
}

}  // namespace mailslot::cli

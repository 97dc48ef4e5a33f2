// Candidates come from where the truth is: the directory, the table of attributes, .as.
#include "fs/cli/completion.h"

#include "fs/cli/attributes.h"
#include "fs/cli/commands.h"
#include "fs/cli/hosts.h"
#include "fs/cli/names.h"

#include <CLI/App.hpp>
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

// Names of slots and directories (these with a "/") that begin with `begun`, written in the same way; "@"
// names computers.
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

// "key=", or "key=value" once the key is there.
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

// "json+tail": the word after the last "+".
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

// Of an option that takes one.
std::vector<std::string> complete_value(const std::string& option, const std::string& begun) {
  std::vector<std::string> all;
  if (option == "--as") return complete_view(begun);
  if (option == "--sort") {
    for (const auto& [column, order] : top_columns) {
      if (column.starts_with(begun)) all.emplace_back(column);
    }
  }
  return all;
}

}  // namespace

std::vector<std::string> complete_words(const surroundings& around, const CLI::App& app,
                                        const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const std::string& last = words.back();
  std::vector<std::string> all;
  if (words.size() == 1) {
    for (const auto* sub : app.get_subcommands({})) {
      if (!sub->get_group().empty()) all.push_back(sub->get_name());
    }
    std::erase_if(all, [&](const std::string& name) { return !name.starts_with(last); });
    return all;
  }
  const auto subs =
      app.get_subcommands([&](const CLI::App* each) { return each->get_name() == words.front(); });
  if (subs.empty()) return {};
  const auto* sub = subs.front();
  if (last.starts_with('-')) {
    for (const auto* option : sub->get_options()) {
      for (const auto& name : option->get_lnames()) all.push_back("--" + name);
    }
    std::erase_if(all, [&](const std::string& name) { return !name.starts_with(last); });
    return all;
  }
  std::size_t positionals = 0;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const auto* option = words[i].starts_with('-') ? sub->get_option_no_throw(words[i]) : nullptr;
    if (option && option->get_expected_max() > 0) {
      if (++i + 1 == words.size()) return complete_value(words[i - 1], last);
    } else if (!words[i].starts_with('-')) {
      ++positionals;
    }
  }
  const auto& name = sub->get_name();
  if (name == "hosts" || name == "top" || name == "bench" || name == "doctor") return all;
  if (positionals == 0 || name == "rm" || name == "ls" || name == "purge" || name == "path") {
    return complete_name(around, last);
  }
  if (name == "create" || name == "set") return complete_attribute(last);
  if (name == "info") {
    for (const auto key : settable_keys()) all.emplace_back(key);
    for (const char* key : {"count", "bytes", "next_size", "readers", "waiting", "writers", "posted", "taken",
                            "dropped", "expired", "oldest", "created"}) {
      all.emplace_back(key);
    }
    std::erase_if(all, [&](const std::string& key) { return !key.starts_with(last); });
  }
  return all;
}

}  // namespace mailslot::cli

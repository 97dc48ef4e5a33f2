// mailslot info and set: the attributes of one slot.
#include "fs/cli/attributes.h"
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace mailslot::cli {
namespace {

// Attributes are words, figures and dates: quotes are all that can need care.
std::string json_value(const std::string& value) {
  const auto digits = std::string_view(value).substr(value.starts_with('-') ? 1 : 0);
  if (!digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string as_json(const attributes& all) {
  std::string text;
  for (const auto& [key, value] : all) {
    text += fmt::format("{}\"{}\":{}", text.empty() ? "{" : ",", key, json_value(value));
  }
  return text.empty() ? "{}\n" : text + "}\n";
}

// A directory has no attributes: that is better said than shown as a directory of .info.
result<target> resolve_slot(const surroundings& around, const std::string& name) {
  auto slot = resolve_mounted(around, name);
  if (!slot) return slot;
  if (slot->is_remote())
    return fail("\"{}\" is on another computer, which does not tell its attributes", name);
  struct stat st{};
  if (stat(slot->file().c_str(), &st) != 0) return tl::unexpected(explain(*slot, "look at", errno));
  if (S_ISDIR(st.st_mode)) return tl::unexpected(explain(*slot, "look at", EISDIR));
  return slot;
}

result<attributes> chosen(const attributes& all, const std::vector<std::string>& keys) {
  if (keys.empty()) return all;
  attributes some;
  for (const auto& key : keys) {
    const auto value = value_of(all, key);
    if (!value) {
      std::string known;
      for (const auto& row : all) known += fmt::format("{}{}", known.empty() ? "" : ", ", row.first);
      return fail("there is no attribute \"{}\"; there are {}", key, known);
    }
    some.emplace_back(key, *value);
  }
  return some;
}

}  // namespace

int info(const surroundings& around, const info_options& options) {
  const auto slot = resolve_slot(around, options.name);
  if (!slot) return complain(around, slot.error());
  const auto all = read_attributes(*slot);
  if (!all) return complain(around, all.error());
  const auto some = chosen(*all, options.keys);
  if (!some) return complain(around, some.error());
  std::string text;
  if (options.json) {
    text = as_json(*some);
  } else {
    for (const auto& [key, value] : *some) {
      // Who names a key knows it: the value alone is what $(mailslot info inbox count) wants.
      text += options.keys.empty() ? fmt::format("{}={}\n", key, value) : value + "\n";
    }
  }
  return print(around, text);
}

int set(const surroundings& around, const set_options& options) {
  const auto wanted = parse_attributes(options.attributes);
  if (!wanted) return complain(around, wanted.error(), wrong_usage);
  const auto slot = resolve_slot(around, options.name);
  if (!slot) return complain(around, slot.error());
  const auto done = write_attributes(*slot, *wanted);
  return done ? success : complain(around, done.error());
}

}  // namespace mailslot::cli

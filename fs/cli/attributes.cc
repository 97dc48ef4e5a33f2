// Attributes as text. Which values are right is for the daemon to say; the table here explains refusals.
#include "fs/cli/attributes.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace mailslot::cli {
namespace {

constexpr auto table = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"max_message_size", "bytes, or 0 for no limit of its own"},
    {"read_timeout", "milliseconds, or forever"},
    {"max_messages", "a number from 1 on"},
    {"max_bytes", "bytes, as in 65536, 64K or 16M"},
    {"full", "reject, drop-oldest or drop-newest"},
    {"ttl", "milliseconds, or 0 for never"},
    {"lifetime", "persistent or handle"},
    {"exclusive", "yes or no"},
    {"remote", "allow or deny"},
    {"durable", "no, async or sync"},
});

std::string as_lines(const attributes& all) {
  std::string text;
  for (const auto& [key, value] : all) text += fmt::format("{}={}\n", key, value);
  return text;
}

failure refused(const target& slot, const attributes& wanted, int code) {
  if (code == EPERM || code == EACCES) {
    for (const auto& [key, value] : wanted) {
      if (takes(key).empty())
        return {fmt::format("\"{}\" is counted by the slot and cannot be set", key), code};
    }
    return {fmt::format("you may not change \"{}\": only its owner and root may", slot.said), code};
  }
  if (code == EOPNOTSUPP) {
    return {fmt::format("this daemon cannot do that yet: {}", as_lines(wanted)), code};
  }
  if (code != EINVAL) return explain(slot, "change", code);
  std::string why;
  for (const auto& [key, value] : wanted) {
    if (!why.empty()) why += "; ";
    const auto right = takes(key);
    if (right.empty()) {
      why += fmt::format("there is no attribute \"{}\" to set", key);
    } else {
      why += fmt::format("{}= takes {}, and got \"{}\"", key, right, value);
    }
  }
  return {why, code};
}

}  // namespace

result<attribute> parse_attribute(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return fail("\"{}\" is no attribute: they look like read_timeout=1500", text);
  }
  if (text.find('\n') != std::string_view::npos) return fail("an attribute cannot have a line break in it");
  return attribute(text.substr(0, equals), text.substr(equals + 1));
}

result<attributes> parse_attributes(const std::vector<std::string>& texts) {
  attributes all;
  for (const auto& text : texts) {
    auto one = parse_attribute(text);
    if (!one) return tl::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  return all;
}

attributes parse_info(std::string_view text) {
  attributes all;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = line.find('=');
    if (equals != std::string_view::npos) all.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

std::optional<std::string> value_of(const attributes& all, std::string_view key) {
  const auto found = std::ranges::find(all, key, &attribute::first);
  if (found == all.end()) return std::nullopt;
  return found->second;
}

long long number_of(const attributes& all, std::string_view key) {
  const auto text = value_of(all, key).value_or("");
  long long n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

result<attributes> read_attributes(const target& slot) {
  const auto text = read_file(slot, slot.info());
  if (!text) return tl::unexpected(text.error());
  return parse_info(*text);
}

result<void> write_attributes(const target& slot, const attributes& wanted) {
  if (wanted.empty()) return {};
  // No sentence of open_file: the mode of .info is that of an owner's file, whatever the slot has.
  descriptor to(open(slot.info().c_str(), O_WRONLY | O_CLOEXEC));
  if (!to) {
    if (errno == EACCES) return tl::unexpected(refused(slot, wanted, EPERM));
    return tl::unexpected(explain(slot, "change", errno));
  }
  const auto text = as_lines(wanted);
  // One write: all attributes change, or none.
  const ssize_t n = write(to.get(), text.data(), text.size());
  if (n == static_cast<ssize_t>(text.size())) return {};
  return tl::unexpected(refused(slot, wanted, n < 0 ? errno : EIO));
}

std::string_view takes(std::string_view key) {
  const auto found = std::ranges::find(table, key, &std::pair<std::string_view, std::string_view>::first);
  return found == table.end() ? std::string_view{} : found->second;
}

std::vector<std::string_view> settable_keys() {
  std::vector<std::string_view> keys;
  for (const auto& row : table) keys.push_back(row.first);
  return keys;
}

}  // namespace mailslot::cli

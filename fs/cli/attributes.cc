// Attributes as text. Which values are right is for the daemon to say; the table here explains refusals.
#include "fs/cli/attributes.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <iterator>

namespace mailslot::cli {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
bool is_size(std::string_view text) {
  if (!text.empty() && std::string_view("kKmMgG").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  return is_number(text);
}
bool is_positive(std::string_view text) {
  return is_size(text) && text.find_first_of("123456789") != std::string_view::npos;
}

struct row {
  std::string_view key;
  std::string_view takes;
  bool (*looks_right)(std::string_view value);
};

constexpr auto table = std::to_array<row>({
    {"max_message_size", "bytes, or 0 for no limit of its own", is_size},
    {"read_timeout", "milliseconds, or forever", [](auto v) { return v == "forever" || is_number(v); }},
    {"max_messages", "a number from 1 on", is_positive},
    {"max_bytes", "bytes, as in 65536, 64K or 16M", is_positive},
    {"full", "reject, drop-oldest or drop-newest",
     [](auto v) { return v == "reject" || v == "drop-oldest" || v == "drop-newest"; }},
    {"ttl", "milliseconds, or 0 for never", is_number},
    {"lifetime", "persistent or handle", [](auto v) { return v == "persistent" || v == "handle"; }},
    {"exclusive", "yes or no", [](auto v) { return v == "yes" || v == "no"; }},
    {"remote", "allow or deny", [](auto v) { return v == "allow" || v == "deny"; }},
    {"durable", "no, async or sync", [](auto v) { return v == "no" || v == "async" || v == "sync"; }},
});

const row* find_row(std::string_view key) {
  const auto found = std::ranges::find(table, key, &row::key);
  return found == table.end() ? nullptr : &*found;
}

// The pairs that look wrong from here; all, if the daemon sees more than that.
attributes wrong_ones(const attributes& wanted) {
  attributes wrong;
  std::ranges::copy_if(wanted, std::back_inserter(wrong), [](const attribute& one) {
    const row* known = find_row(one.first);
    return !known || !known->looks_right(one.second);
  });
  return wrong.empty() ? wanted : wrong;
}

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
    return {
        fmt::format("this daemon cannot do that yet: durable={}", value_of(wanted, "durable").value_or("")),
        code};
  }
  if (code != EINVAL) return explain(slot, "change", code);
  std::string why;
  for (const auto& [key, value] : wrong_ones(wanted)) {
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
  const row* known = find_row(key);
  return known ? known->takes : std::string_view{};
}

std::vector<std::string_view> settable_keys() {
  std::vector<std::string_view> keys;
  for (const auto& each : table) keys.push_back(each.key);
  return keys;
}

}  // namespace mailslot::cli

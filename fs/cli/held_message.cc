// The view writes members in one order: "size" comes before "text" or "base64", which is the last. Each byte
// of a message takes one byte at least, so what can be read without reaching the newline is known.
#include "fs/cli/held_message.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace mailslot::cli {
namespace {

constexpr std::string_view size_key = R"(},"size":)";
constexpr std::string_view text_key = R"("text":")";
constexpr std::string_view base64_key = R"("base64":")";

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct begun_string {
  std::string text;
  std::size_t end = 0;  // behind the quote, if it is there
  bool closed = false;
};

tl::unexpected<failure> unknown_json() {
  return fail("the daemon sent JSON that this program does not know");
}

// What a string that may end anywhere stands for, without an escape that was cut.
result<begun_string> unescaped(std::string_view in) {
  begun_string out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '"') {
      out.end = i + 1;
      out.closed = true;
      break;
    }
    if (in[i] != '\\') {
      out.text += in[i];
      continue;
    }
    if (i + 1 >= in.size()) break;
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view means = "\"\\/\b\f\n\r\t";
    if (const auto known = letters.find(in[i + 1]); known != std::string_view::npos) {
      out.text += means[known];
      ++i;
      continue;
    }
    if (in[i + 1] != 'u') return unknown_json();
    if (i + 5 >= in.size()) break;
    int code = 0;
    for (std::size_t k = i + 2; k < i + 6; ++k) {
      const int digit = hex(in[k]);
      if (digit < 0) return unknown_json();
      code = code * 16 + digit;
    }
    if (code > 0x7F) return unknown_json();  // the view escapes control characters only
    out.text += static_cast<char>(code);
    i += 5;
  }
  return out;
}

std::string decoded(std::string_view base64) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int have = 0;
  for (const char c : base64) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) break;
    bits = (bits << 6U) | static_cast<unsigned>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(have)) & 0xFFU);
  }
  return out;
}

}  // namespace

result<partial_object> parse_partial(std::string_view begun) {
  // Before the sender, before the size, and within its digits: the least that still comes.
  constexpr std::string_view from_on = R"("from":{"host":"","uid":0,"gid":0,"pid":0},"size":0,"text":""})";
  constexpr std::string_view text_on = R"("text":""})";
  if (begun.find(R"(","from":)") == std::string_view::npos) return partial_object{"", from_on.size()};
  const auto size_at = begun.find(size_key);
  if (size_at == std::string_view::npos) return partial_object{"", text_on.size()};
  const auto digits = begun.substr(size_at + size_key.size());
  std::size_t size = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (end == digits.data() + digits.size()) return partial_object{"", text_on.size()};
  if (failed != std::errc{} || *end != ',') return unknown_json();

  const auto member = digits.substr(static_cast<std::size_t>(end - digits.data()) + 1);
  if (member.size() < base64_key.size() && (text_key.starts_with(member) || base64_key.starts_with(member))) {
    return partial_object{"", text_on.size() - std::min(member.size(), text_on.size() - 1)};
  }
  partial_object got;
  std::size_t left = 0;
  std::string_view rest;
  bool closed = false;
  if (member.starts_with(text_key)) {
    const auto value = member.substr(text_key.size());
    auto text = unescaped(value);
    if (!text) return tl::unexpected(text.error());
    closed = text->closed;
    rest = value.substr(text->end);
    left = size - std::min(size, text->text.size());
    got.content = std::move(text->text);
  } else if (member.starts_with(base64_key)) {
    const auto value = member.substr(base64_key.size());
    const auto quote = value.find('"');
    closed = quote != std::string_view::npos;
    rest = closed ? value.substr(quote + 1) : std::string_view();
    const std::size_t whole = (size + 2) / 3 * 4;
    left = whole - std::min(whole, value.size());
    got.content = decoded(value);
  } else {
    return unknown_json();
  }
  if (!closed) {
    got.safe = left + 2;  // a quote and a brace
  } else if (rest.empty()) {
    got.safe = 1;
  } else if (left != 0 || rest != "}") {
    return unknown_json();
  }
  return got;
}

result<std::string> read_held(const target& from, int handle, std::string begun) {
  for (;;) {
    auto part = parse_partial(begun);
    if (!part) return tl::unexpected(part.error());
    if (part->safe == 0) return std::move(part->content);
    const std::size_t before = begun.size();
    begun.resize(before + part->safe);
    ssize_t n = 0;
    do n = read(handle, begun.data() + before, part->safe);
    while (n < 0 && errno == EINTR);
    if (n <= 0) return tl::unexpected(explain(from, "read", n < 0 ? errno : EIO));
    begun.resize(before + static_cast<std::size_t>(n));
  }
}

result<void> take_held(const target& from, int handle) {
  std::array<char, 1> newline{};
  ssize_t n = 0;
  do n = read(handle, newline.data(), newline.size());
  while (n < 0 && errno == EINTR);
  if (n != 1) return tl::unexpected(explain(from, "read", n < 0 ? errno : EIO));
  return {};
}

}  // namespace mailslot::cli

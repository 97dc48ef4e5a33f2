// UTF-8, JSON escapes and base64.
#include "fs/slot/text_codec.h"

#include <array>
#include <cstdint>

namespace mailslot {
namespace {

constexpr std::string_view hex = "0123456789abcdef";
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr unsigned char at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// How many bytes each ASCII byte takes inside a JSON string.
constexpr auto widths = [] {
  std::array<std::uint8_t, 128> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i < 0x20 ? 6 : 1;
  for (const char c : {'"', '\\', '\b', '\f', '\n', '\r', '\t'}) all[static_cast<unsigned char>(c)] = 2;
  return all;
}();

constexpr auto values = [] {
  std::array<std::uint8_t, 256> all{};
  all.fill(64);
  for (std::size_t i = 0; i < alphabet.size(); ++i) all[at(alphabet, i)] = static_cast<std::uint8_t>(i);
  return all;
}();

// The length of the valid sequence of two to four bytes at `i`, or 0. The table of RFC 3629 section 4.
std::size_t sequence_at(std::string_view text, std::size_t i) {
  const unsigned char first = at(text, i);
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;  // no surrogates
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;  // nothing above U+10FFFF
  }
  if (length == 0 || text.size() - i < length) return 0;
  if (at(text, i + 1) < low || at(text, i + 1) > high) return 0;
  for (std::size_t k = 2; k < length; ++k) {
    if ((at(text, i + k) & 0xC0U) != 0x80) return 0;
  }
  return length;
}

char short_escape(char c) {
  switch (c) {
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return c;
  }
}

}  // namespace

std::optional<std::size_t> json_escaped_size(std::string_view text) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = at(text, i);
    if (c < 0x80) {
      size += widths[c];
      ++i;
      continue;
    }
    const std::size_t n = sequence_at(text, i);
    if (n == 0) return std::nullopt;
    size += n;
    i += n;
  }
  return size;
}

void append_json_escaped(std::string_view text, std::string& out) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = at(text, i);
    if (c >= 0x80 || widths[c] == 1) continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    out += '\\';
    if (widths[c] == 2) {
      out += short_escape(text[i]);
    } else {
      out += "u00";
      out += hex[c >> 4U];
      out += hex[c & 0xFU];
    }
  }
  out += text.substr(plain);
}

std::string repaired_utf8(std::string_view text) {
  std::string good;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = at(text, i) < 0x80 ? 1 : sequence_at(text, i);
    good += n == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(i, n);
    i += n == 0 ? 1 : n;
  }
  return good;
}

void append_base64(std::string_view bytes, std::string& out) {
  std::size_t i = 0;
  for (; bytes.size() - i >= 3; i += 3) {
    const unsigned v = static_cast<unsigned>(at(bytes, i)) << 16U |
                       static_cast<unsigned>(at(bytes, i + 1)) << 8U | at(bytes, i + 2);
    const char four[] = {alphabet[v >> 18U], alphabet[v >> 12U & 63U], alphabet[v >> 6U & 63U],
                         alphabet[v & 63U]};
    out.append(four, sizeof four);
  }
  if (bytes.size() - i == 1) {
    const unsigned v = at(bytes, i);
    out += alphabet[v >> 2U];
    out += alphabet[v << 4U & 63U];
    out += "==";
  } else if (bytes.size() - i == 2) {
    const unsigned v = static_cast<unsigned>(at(bytes, i)) << 8U | at(bytes, i + 1);
    out += alphabet[v >> 10U];
    out += alphabet[v >> 4U & 63U];
    out += alphabet[v << 2U & 63U];
    out += '=';
  }
}

bool append_decoded_base64(std::string_view text, std::string& out) {
  if (text.size() % 4 != 0) return false;
  while (!text.empty()) {
    std::size_t digits = 4;
    if (text.size() == 4 && text.ends_with('=')) digits = text.ends_with("==") ? 2 : 3;
    unsigned v = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const unsigned digit = i < digits ? values[at(text, i)] : 0;
      if (digit == 64) return false;
      v = v << 6U | digit;
    }
    if ((digits == 2 && (v & 0xFFFFU) != 0) || (digits == 3 && (v & 0xFFU) != 0)) return false;
    const char three[] = {static_cast<char>(v >> 16U & 255U), static_cast<char>(v >> 8U & 255U),
                          static_cast<char>(v & 255U)};
    out.append(three, digits - 1);
    text.remove_prefix(4);
  }
  return true;
}

}  // namespace mailslot

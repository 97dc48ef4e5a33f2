// Bytes as text that JSON can carry: UTF-8 checked and escaped, or base64. Knows no messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailslot {

// The length of `text` inside a JSON string, without the quotes. Nothing: it is not valid UTF-8 (RFC 3629).
std::optional<std::size_t> json_escaped_size(std::string_view text);
// Appends valid UTF-8 escaped, without the quotes: as many bytes as json_escaped_size() said.
void append_json_escaped(std::string_view text, std::string& out);
// The same text with U+FFFD for each byte that is not valid UTF-8.
std::string repaired_utf8(std::string_view text);

// RFC 4648 section 4, with padding.
constexpr std::size_t base64_size(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}
void append_base64(std::string_view bytes, std::string& out);
// Appends what `text` stands for. False: it is not base64 to the letter (no line breaks, padding in place and
// no bits left over), and `out` may have got a part.
bool append_decoded_base64(std::string_view text, std::string& out);

}  // namespace mailslot

// First- and second-level encoding of NetBIOS names.
#include "net/wire/name.h"

#include "net/wire/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace mailslot::net {
namespace {

constexpr std::size_t encoded_limit = 255;
constexpr std::uint8_t encoded_length = 32;
constexpr int pointer_limit = 5;

std::uint8_t upper(std::uint8_t byte) {
  return byte >= 'a' && byte <= 'z' ? static_cast<std::uint8_t>(byte - 'a' + 'A') : byte;
}

// Walks over labels, through pointers. Gives one label at a time; an empty one is the end of the name.
class label_reader {
 public:
  label_reader(bytes_view packet, byte_reader& in, pointers mode)
      : packet_(packet), outer_(in), in_(packet, in.position()), mode_(mode) {}

  tl::expected<bytes_view, std::error_code> next() {
    for (;;) {
      const auto at = in_.position();
      const auto length = in_.u8();
      if (in_.failed()) return tl::unexpected(make_error_code(wire_errc::truncated));
      if ((length & 0xc0) == 0xc0) {
        const std::size_t target = std::size_t{length & 0x3fu} << 8 | in_.u8();
        if (in_.failed()) return tl::unexpected(make_error_code(wire_errc::truncated));
        if (mode_ == pointers::reject || target >= at || ++hops_ > pointer_limit)
          return tl::unexpected(make_error_code(wire_errc::bad_pointer));
        leave();
        in_ = byte_reader(packet_, target);
        continue;
      }
      if ((length & 0xc0) != 0) return tl::unexpected(make_error_code(wire_errc::bad_label));
      const auto label = in_.take(length);
      if (in_.failed()) return tl::unexpected(make_error_code(wire_errc::truncated));
      total_ += 1u + length;
      if (total_ > encoded_limit) return tl::unexpected(make_error_code(wire_errc::name_too_long));
      if (length == 0) leave();
      return label;
    }
  }

 private:
  // The outer reader goes on behind the first pointer, or behind the end of a name without one.
  void leave() {
    if (left_) return;
    left_ = true;
    outer_.skip(in_.position() - outer_.position());
  }

  bytes_view packet_;
  byte_reader& outer_;
  byte_reader in_;
  pointers mode_;
  std::size_t total_ = 0;
  int hops_ = 0;
  bool left_ = false;
};

}  // namespace

std::string_view netbios_name::text() const {
  std::size_t length = 15;
  while (length > 0 && (raw[length - 1] == ' ' || raw[length - 1] == 0)) --length;
  return {reinterpret_cast<const char*>(raw.data()), length};
}

std::optional<netbios_name> make_name(std::string_view text, std::uint8_t suffix) {
  if (text.empty() || text.size() > 15) return std::nullopt;
  netbios_name name;
  name.raw.fill(text == "*" ? 0 : ' ');
  std::transform(text.begin(), text.end(), name.raw.begin(),
                 [](char c) { return upper(static_cast<std::uint8_t>(c)); });
  name.raw[15] = suffix;
  return name;
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = c > ' ' && c < 0x7f && c != '<' && c != '/' && c != '\\';
    if (plain || c == ' ')
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(c));
  }
  return out;
}

std::string to_string(const netbios_name& name) {
  auto out = fmt::format("{}<{:02x}>", printable(name.text()), name.suffix());
  if (!name.scope.empty()) out += '.' + printable(name.scope);
  return out;
}

tl::expected<netbios_name, std::error_code> decode_name(bytes_view packet, byte_reader& in, pointers mode) {
  label_reader labels(packet, in, mode);
  const auto first = labels.next();
  if (!first) return tl::unexpected(first.error());
  if (first->size() != encoded_length) return tl::unexpected(make_error_code(wire_errc::bad_label));
  netbios_name name;
  for (std::size_t i = 0; i < name.raw.size(); ++i) {
    const auto high = static_cast<unsigned>((*first)[2 * i] - 'A');
    const auto low = static_cast<unsigned>((*first)[2 * i + 1] - 'A');
    if (high > 15 || low > 15) return tl::unexpected(make_error_code(wire_errc::bad_letter));
    const auto byte = static_cast<std::uint8_t>(high << 4 | low);
    name.raw[i] = i == 15 ? byte : upper(byte);
  }
  for (;;) {
    const auto label = labels.next();
    if (!label) return tl::unexpected(label.error());
    if (label->empty()) return name;
    if (std::ranges::any_of(*label, [](auto byte) { return byte == 0 || byte == '.'; }))
      return tl::unexpected(make_error_code(wire_errc::bad_scope));
    if (!name.scope.empty()) name.scope += '.';
    name.scope += as_text(*label);
  }
}

std::error_code encode_name(const netbios_name& name, bytes& out) {
  const auto start = out.size();
  put_u8(out, encoded_length);
  for (const auto byte : name.raw) {
    put_u8(out, static_cast<std::uint8_t>('A' + (byte >> 4)));
    put_u8(out, static_cast<std::uint8_t>('A' + (byte & 15)));
  }
  std::string_view scope = name.scope;
  while (!scope.empty()) {
    const auto label = scope.substr(0, scope.find('.'));
    if (label.empty() || label.size() > 63 || label.size() + 1 == scope.size()) {
      out.resize(start);
      return wire_errc::bad_scope;
    }
    put_u8(out, static_cast<std::uint8_t>(label.size()));
    put(out, as_bytes(label));
    scope.remove_prefix(std::min(label.size() + 1, scope.size()));
  }
  put_u8(out, 0);
  if (out.size() - start > encoded_limit) {
    out.resize(start);
    return wire_errc::name_too_long;
  }
  return {};
}

}  // namespace mailslot::net

// Reading and writing integers in a run of bytes: the alphabet of every codec in this folder.
// Knows no packet layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mailslot::net {

using bytes = std::vector<std::uint8_t>;
using bytes_view = std::span<const std::uint8_t>;

// The same bytes seen as text; the result borrows from `in`.
inline std::string_view as_text(bytes_view in) {
  return {reinterpret_cast<const char*>(in.data()), in.size()};
}

// The same text seen as bytes; the result borrows from `in`.
inline bytes_view as_bytes(std::string_view in) {
  return {reinterpret_cast<const std::uint8_t*>(in.data()), in.size()};
}

// Takes integers from the front of `in`, which must outlive the reader. Once something was asked for that is
// not there, every further answer is zero or empty and failed() stays true: a decoder may read a whole header
// and check once.
class byte_reader {
 public:
  explicit byte_reader(bytes_view in, std::size_t position = 0)
      : in_(in), position_(position), failed_(position > in.size()) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(big(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big(2)); }  // network order
  std::uint32_t u32() { return big(4); }                              // network order
  std::uint16_t u16_le() {
    const auto low = u8();
    return static_cast<std::uint16_t>(low | (u8() << 8));
  }
  std::uint32_t u32_le() {
    const std::uint32_t low = u16_le();
    return low | (std::uint32_t{u16_le()} << 16);
  }

  bytes_view take(std::size_t count) {
    if (failed_ || count > in_.size() - position_) {
      failed_ = true;
      return {};
    }
    const auto taken = in_.subspan(position_, count);
    position_ += count;
    return taken;
  }
  void skip(std::size_t count) { take(count); }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] bytes_view rest() const { return failed_ ? bytes_view{} : in_.subspan(position_); }

 private:
  std::uint32_t big(std::size_t count) {
    std::uint32_t value = 0;
    for (const auto byte : take(count)) value = value << 8 | byte;
    return value;
  }

  bytes_view in_;
  std::size_t position_;
  bool failed_;
};

inline void put_u8(bytes& out, std::uint8_t value) {
  out.push_back(value);
}
inline void put_u16(bytes& out, std::uint16_t value) {
  put_u8(out, static_cast<std::uint8_t>(value >> 8));
  put_u8(out, static_cast<std::uint8_t>(value));
}
inline void put_u32(bytes& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
  put_u16(out, static_cast<std::uint16_t>(value));
}
inline void put_u16_le(bytes& out, std::uint16_t value) {
  put_u8(out, static_cast<std::uint8_t>(value));
  put_u8(out, static_cast<std::uint8_t>(value >> 8));
}
inline void put_u32_le(bytes& out, std::uint32_t value) {
  put_u16_le(out, static_cast<std::uint16_t>(value));
  put_u16_le(out, static_cast<std::uint16_t>(value >> 16));
}
inline void put(bytes& out, bytes_view more) {
  out.insert(out.end(), more.begin(), more.end());
}
inline void put_zeros(bytes& out, std::size_t count) {
  out.resize(out.size() + count);
}

}  // namespace mailslot::net

// Comparing and checking names.
#include "fs/tree/name.h"

#include <algorithm>
#include <cstdint>

namespace mailslot {
namespace {

// ASCII only: what a locale calls a letter is not the same on two machines.
constexpr unsigned char folded(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 'A' && u <= 'Z' ? static_cast<unsigned char>(u + ('a' - 'A')) : u;
}

}  // namespace

std::error_code check_name(std::string_view name, bool at_root) {
  if (name.size() > longest_name) return errc::name_too_long;
  if (name.empty() || name == "." || name == "..") return errc::bad_name;
  if (at_root && (name.front() == '.' || name.front() == '@')) return errc::bad_name;
  const bool fine = std::ranges::none_of(name, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u < 0x20 || u == 0x7f || c == '/' || c == '\\';
  });
  return fine ? std::error_code{} : errc::bad_name;
}

std::size_t name_hash(std::string_view name, letter_case how) {
  // FNV-1a: names are short.
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : name) {
    h = (h ^ (how == letter_case::exact ? static_cast<unsigned char>(c) : folded(c))) * 0x100000001b3;
  }
  return h;
}

bool same_name(std::string_view a, std::string_view b, letter_case how) {
  if (a.size() != b.size()) return false;
  if (how == letter_case::exact) return a == b;
  return std::ranges::equal(a, b, {}, folded, folded);
}

}  // namespace mailslot

// Test data of the tree: the golden packets in tests/vectors/netbios and the seeds in tests/corpus.
// Header only; finds the tree by MAILSLOT_SOURCE_ROOT, which the build defines.
#pragma once

#include "net/wire/bytes.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace mailslot::test {

inline std::filesystem::path source_root() {
  return MAILSLOT_SOURCE_ROOT;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

// Hex digits with white space and # comments between them.
inline net::bytes from_hex(const std::string& text) {
  net::bytes out;
  int high = -1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    const auto digit = std::string("0123456789abcdef").find(text[i]);
    if (digit == std::string::npos) continue;
    if (high < 0) {
      high = static_cast<int>(digit);
    } else {
      out.push_back(static_cast<std::uint8_t>(high * 16 + static_cast<int>(digit)));
      high = -1;
    }
  }
  return out;
}

// A packet of tests/vectors/netbios, by its name without .hex.
inline net::bytes vector_packet(const std::string& name) {
  return from_hex(read_file(source_root() / "tests/vectors/netbios" / (name + ".hex")));
}

}  // namespace mailslot::test

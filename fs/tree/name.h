// What names may look like, and when two are the same: lookup ignores the case of ASCII letters and keeps the
// creator's spelling.
#pragma once

#include "fs/slot/error.h"

#include <cstddef>
#include <string_view>

namespace mailslot {

inline constexpr std::size_t longest_name = 255;

// Whether a new thing may have this name; `at_root`: where "." and "@" begin reserved names.
// Errors: bad_name, name_too_long.
std::error_code check_name(std::string_view name, bool at_root);

enum class letter_case : bool { folded, exact };

std::size_t name_hash(std::string_view name, letter_case how);
bool same_name(std::string_view a, std::string_view b, letter_case how);

}  // namespace mailslot

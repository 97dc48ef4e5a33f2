// Rows for people in aligned columns, and for programs with tabs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailslot::cli {

// The last column is text and goes to the left, all others are figures and go to the right.
using table_row = std::vector<std::string>;

std::string aligned(const table_row& head, const std::vector<table_row>& rows);
std::string tabbed(const std::vector<table_row>& rows);

// "512", "1.5K", "16M": powers of 1024.
std::string short_size(std::uint64_t bytes);
// "4s", "3m", "2h", "5d": the largest unit that gives 1 at least.
std::string short_age(std::int64_t seconds);

// Seconds since 1970 of "2026-11-28T16:19:16Z" (a fraction is left out), or nothing.
std::optional<std::int64_t> parse_date(std::string_view text);

// `text` with control characters as "?", so that a name cannot play with the terminal.
std::string printable(std::string_view text);

}  // namespace mailslot::cli

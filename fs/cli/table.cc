// Columns, units and dates.
#include "fs/cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace mailslot::cli {
namespace {

// Characters, for text in UTF-8.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string aligned(const table_row& head, const std::vector<table_row>& rows) {
  std::vector<std::size_t> widths(head.size());
  const auto measure = [&](const table_row& row) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(row.at(i)));
  };
  measure(head);
  for (const auto& row : rows) measure(row);
  std::string text;
  const auto put = [&](const table_row& row) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      text.append(widths[i] - width_of(row[i]), ' ').append(row[i]).append("  ");
    }
    text.append(row.back()).append("\n");
  };
  put(head);
  for (const auto& row : rows) put(row);
  return text;
}

std::string tabbed(const std::vector<table_row>& rows) {
  std::string text;
  for (const auto& row : rows) text += fmt::format("{}\n", fmt::join(row, "\t"));
  return text;
}

std::string short_size(std::uint64_t bytes) {
  constexpr std::array units = {'K', 'M', 'G', 'T', 'P', 'E'};
  if (bytes < 1024) return fmt::to_string(bytes);
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return value < 9.95 ? fmt::format("{:.1f}{}", value, units[unit])
                      : fmt::format("{:.0f}{}", value, units[unit]);
}

std::string short_age(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", std::max<std::int64_t>(seconds, 0));
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 86400) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 20 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' || text[10] != 'T')
    return {};
  const auto number = [&](std::size_t at, std::size_t length) {
    int n = -1;
    const char* end = text.data() + at + length;
    return std::from_chars(text.data() + at, end, n).ptr == end ? n : -1;
  };
  const year_month_day day{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                           std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const int h = number(11, 2);
  const int m = number(14, 2);
  const int s = number(17, 2);
  if (!day.ok() || h < 0 || m < 0 || s < 0) return {};
  return (sys_days(day).time_since_epoch() + hours(h) + minutes(m) + seconds(s)).count();
}

std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return out;
}

}  // namespace mailslot::cli

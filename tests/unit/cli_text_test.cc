// Columns, units, dates, attributes and what stands between messages.
#include "fs/cli/attributes.h"
#include "fs/cli/output.h"
#include "fs/cli/table.h"

#include <gtest/gtest.h>

namespace mailslot::cli {
namespace {

TEST(cli_table, aligns_figures_to_the_right_and_names_to_the_left) {
  EXPECT_EQ(aligned({"N", "NAME"}, {{"1", "a"}, {"100", "b b"}}), "  N  NAME\n  1  a\n100  b b\n");
}

TEST(cli_table, counts_characters_not_bytes) {
  EXPECT_EQ(aligned({"NN", "X"}, {{"ä", "x"}}), "NN  X\n ä  x\n");
}

TEST(cli_table, puts_tabs_for_programs) {
  EXPECT_EQ(tabbed({{"1", "a"}, {"2", "b"}}), "1\ta\n2\tb\n");
  EXPECT_EQ(tabbed({}), "");
}

TEST(cli_units, are_short) {
  EXPECT_EQ(short_size(0), "0");
  EXPECT_EQ(short_size(1023), "1023");
  EXPECT_EQ(short_size(1536), "1.5K");
  EXPECT_EQ(short_size(16U << 20U), "16M");
  EXPECT_EQ(short_size(1048575), "1.0M");
  EXPECT_EQ(short_size(UINT64_MAX), "16E");
  EXPECT_EQ(short_age(-3), "0s");
  EXPECT_EQ(short_age(59), "59s");
  EXPECT_EQ(short_age(3599), "59m");
  EXPECT_EQ(short_age(7200), "2h");
  EXPECT_EQ(short_age(86400 * 400), "400d");
}

TEST(cli_dates, are_seconds_since_1970) {
  EXPECT_EQ(parse_date("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_date("2026-11-28T16:19:16Z"), 1795882756);
  EXPECT_EQ(parse_date("2026-11-28T16:19:16.123456789Z"), 1795882756);
  for (const char* bad :
       {"none", "", "2026-13-01T00:00:00Z", "2026-11-28 16:19:16Z", "2026-11-28T1x:19:16Z"}) {
    EXPECT_FALSE(parse_date(bad)) << bad;
  }
}

TEST(cli_names_shown, cannot_play_with_the_terminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a?[31mb?");
}

TEST(cli_attributes, are_keys_and_values) {
  const auto one = parse_attribute("read_timeout=forever");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->first, "read_timeout");
  EXPECT_EQ(one->second, "forever");
  EXPECT_TRUE(parse_attribute("x="));
  EXPECT_FALSE(parse_attribute("=x"));
  EXPECT_FALSE(parse_attribute("x"));
  EXPECT_FALSE(parse_attribute("a=1\nb=2"));
}

TEST(cli_attributes, come_from_the_text_of_info) {
  const auto all = parse_info("count=3\nfull=reject\nnoise\nnext_size=-1");
  EXPECT_EQ(all.size(), 3U);
  EXPECT_EQ(number_of(all, "count"), 3);
  EXPECT_EQ(number_of(all, "next_size"), -1);
  EXPECT_EQ(number_of(all, "missing"), 0);
  EXPECT_EQ(value_of(all, "full"), "reject");
}

TEST(cli_output, adds_between_messages_what_was_asked_for) {
  EXPECT_EQ(after_message("a", separation::none, false), "");
  EXPECT_EQ(after_message("a", separation::none, true), "\n");
  EXPECT_EQ(after_message("a\n", separation::none, true), "");
  EXPECT_EQ(after_message("a", separation::lines, false), "\n");
  EXPECT_EQ(after_message("a\n", separation::lines, false), "");
  EXPECT_EQ(after_message("a", separation::null, true).size(), 1U);
  EXPECT_EQ(after_message("{}\n", separation::json, true), "");
}

TEST(cli_output, takes_messages_out_of_their_frames) {
  const std::string all("\0\0\0\2hi\0\0\0\0\0\0\1\3half", 18);
  std::string_view rest = all;
  EXPECT_EQ(next_frame(rest), "hi");
  EXPECT_EQ(next_frame(rest), "");
  EXPECT_EQ(next_frame(rest), std::nullopt);
  EXPECT_EQ(rest.size(), 8U);
  EXPECT_EQ(frame_size(rest), 259U);
  rest = rest.substr(0, 3);
  EXPECT_EQ(next_frame(rest), std::nullopt);
}

TEST(cli_output, stops_after_so_many_lines) {
  std::uint64_t left = 2;
  EXPECT_EQ(first_lines("a\nb\nc\n", left), "a\nb\n");
  EXPECT_EQ(left, 0U);
  left = 2;
  EXPECT_EQ(first_lines("a\nb", left), "a\nb");
  EXPECT_EQ(left, 1U);
}

}  // namespace
}  // namespace mailslot::cli

// What names may look like, and when two are the same.
#include "fs/tree/name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailslot {
namespace {

TEST(name, any_text_is_one) {
  for (const char* fine : {"a", "in box", "\xc3\xa9t\xc3\xa9", "\xff", "a@b", "a.b", "*", "#1c", "-rf"}) {
    EXPECT_FALSE(check_name(fine, true)) << fine;
    EXPECT_FALSE(check_name(fine, false)) << fine;
  }
}

TEST(name, bytes_that_would_end_a_line_or_a_path_are_refused) {
  for (const std::string& bad :
       std::vector<std::string>{"a/b", "a\\b", "a\nb", "\t", "\x7f", "\x01", std::string("a\0b", 3)}) {
    EXPECT_EQ(check_name(bad, false), errc::bad_name) << bad;
  }
}

TEST(name, empty_dot_and_dot_dot_are_none) {
  for (const char* bad : {"", ".", ".."}) {
    EXPECT_EQ(check_name(bad, true), errc::bad_name) << bad;
    EXPECT_EQ(check_name(bad, false), errc::bad_name) << bad;
  }
}

TEST(name, dots_and_at_signs_in_front_are_reserved_at_the_root_only) {
  for (const char* reserved : {".info", ".x", "...", "@", "@HOST"}) {
    EXPECT_EQ(check_name(reserved, true), errc::bad_name) << reserved;
    EXPECT_FALSE(check_name(reserved, false)) << reserved;
  }
}

TEST(name, has_255_bytes_at_most) {
  EXPECT_FALSE(check_name(std::string(255, 'x'), true));
  EXPECT_EQ(check_name(std::string(256, 'x'), true), errc::name_too_long);
}

TEST(name, letters_of_ascii_match_in_both_cases_and_nothing_else_does) {
  EXPECT_TRUE(same_name("InBox", "iNbOX", letter_case::folded));
  EXPECT_FALSE(same_name("InBox", "iNbOX", letter_case::exact));
  EXPECT_TRUE(same_name("InBox", "InBox", letter_case::exact));
  EXPECT_FALSE(same_name("a", "ab", letter_case::folded));
  // The neighbours of the letters differ by the same bit as the letters do.
  for (const auto& [a, b] : {std::pair("@", "`"), std::pair("[", "{"), std::pair("\xc3\x89", "\xc3\xa9")}) {
    EXPECT_FALSE(same_name(a, b, letter_case::folded)) << a << b;
  }
}

TEST(name, those_that_are_the_same_have_the_same_hash) {
  EXPECT_EQ(name_hash("InBox", letter_case::folded), name_hash("inBOX", letter_case::folded));
  EXPECT_NE(name_hash("InBox", letter_case::exact), name_hash("inBOX", letter_case::exact));
  EXPECT_NE(name_hash("ab", letter_case::folded), name_hash("ba", letter_case::folded));
}

}  // namespace
}  // namespace mailslot

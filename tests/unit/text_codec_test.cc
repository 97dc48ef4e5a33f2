// UTF-8, JSON escapes and base64: what is text and what is not, and every byte there and back.
#include "fs/slot/text_codec.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace mailslot {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_json_escaped(text, out);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(bytes, out);
  return out;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  if (!append_decoded_base64(text, out)) return std::nullopt;
  return out;
}

TEST(json_text, escapes_what_json_wants_escaped_and_leaves_the_rest) {
  EXPECT_EQ(escaped("plain"), "plain");
  EXPECT_EQ(escaped("a\"b\\c/d"), R"(a\"b\\c/d)");
  EXPECT_EQ(escaped("\n\r\t\b\f"), R"(\n\r\t\b\f)");
  EXPECT_EQ(escaped(std::string_view("\0\x1f\x7f", 3)), "\\u0000\\u001f\x7f");
  EXPECT_EQ(escaped("äöü €"), "äöü €");
}

TEST(json_text, is_as_long_as_its_size_says_and_another_parser_reads_it_back) {
  for (unsigned c = 0; c < 128; ++c) {
    const std::string text = std::string("x") + static_cast<char>(c) + "y";
    EXPECT_EQ(json_escaped_size(text), escaped(text).size()) << c;
    EXPECT_EQ(boost::json::parse('"' + escaped(text) + '"').as_string(), text) << c;
  }
  for (const std::string text :
       {"", "ß", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(json_escaped_size(text), escaped(text).size());
    EXPECT_EQ(boost::json::parse('"' + escaped(text) + '"').as_string(), text);
  }
}

TEST(json_text, is_no_text_where_it_is_not_utf8) {
  for (const std::string bytes :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE2\x82",
        "\xE2\x82\x41", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80",
        "\xF0\x90\x80\x41", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xF8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(json_escaped_size(bytes)) << base64(bytes);
    EXPECT_FALSE(json_escaped_size("good " + bytes + " good")) << base64(bytes);
    EXPECT_TRUE(json_escaped_size(repaired_utf8(bytes))) << base64(bytes);
  }
}

TEST(json_text, agrees_with_another_parser_about_every_two_bytes) {
  for (unsigned a = 0x80; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const std::string bytes{static_cast<char>(a), static_cast<char>(b)};
      const bool valid = a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF;
      ASSERT_EQ(json_escaped_size(bytes).has_value(), valid) << a << ' ' << b;
    }
  }
}

TEST(json_text, repairs_only_what_is_broken) {
  EXPECT_EQ(repaired_utf8("fine ä"), "fine ä");
  EXPECT_EQ(repaired_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(repaired_utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(base64_text, is_what_the_rfc_says) {
  const std::pair<std::string_view, std::string_view> rows[] = {{"", ""},
                                                                {"f", "Zg=="},
                                                                {"fo", "Zm8="},
                                                                {"foo", "Zm9v"},
                                                                {"foob", "Zm9vYg=="},
                                                                {"fooba", "Zm9vYmE="},
                                                                {"foobar", "Zm9vYmFy"},
                                                                {"\xFB\xFF\xBF", "+/+/"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(decoded(text), bytes);
    EXPECT_EQ(base64_size(bytes.size()), text.size());
  }
}

TEST(base64_text, brings_every_byte_back_in_every_place) {
  for (unsigned c = 0; c < 256; ++c) {
    for (std::size_t length = 1; length <= 6; ++length) {
      const std::string bytes(length, static_cast<char>(c));
      EXPECT_EQ(decoded(base64(bytes)), bytes);
    }
  }
}

TEST(base64_text, is_refused_when_it_is_not_to_the_letter) {
  for (const auto* text : {"Z", "Zg", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zm9v=", "Zg==Zg==",
                           "Zm8=Zm8=", "Z=g=", "Zh==", "Zm9=", "Zm 9", "Zm9\n", "Zm-_", "Zm9vYg=\n"}) {
    EXPECT_FALSE(decoded(text)) << text;
  }
}

}  // namespace
}  // namespace mailslot

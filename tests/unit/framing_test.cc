// Framings: messages to bytes and back, wherever the writes are cut, and what hostile writers get.
#include "fs/slot/view.h"
#include "fs/slot/write_stream.h"
#include "tests/support/slot_world.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace mailslot {
namespace {

using namespace std::chrono_literals;
using test::slot_world;
using texts = std::vector<std::string>;

const framing& named(std::string_view word) {
  return *parse_view(word)->frame;
}

const sender alice{.uid = 1000, .gid = 100, .pid = 42};

struct framings_of_a_writer : testing::Test, slot_world {
  view_environment around{"host"};
  slot_ref to = make_slot();

  // What a reader of this framing would see of one message.
  std::string encoded(std::string_view word, const message& m) {
    std::string out;
    named(word).encode(m, around, out);
    EXPECT_EQ(named(word).encoded_size(m, around), out.size()) << word;
    return out;
  }
  std::string encoded(std::string_view word, std::string_view text) { return encoded(word, *letter(text)); }

  expected<std::size_t> write(write_stream& s, std::string_view bytes) {
    return s.write(*to, {.by = alice, .now = now}, as_bytes(bytes));
  }
  std::error_code close(write_stream& s) { return s.finish(*to, alice, false, now); }

  texts all() {
    texts got;
    while (auto m = to->take(now)) got.emplace_back(m->text());
    return got;
  }
  // The messages of a stream that comes in these pieces and is closed.
  texts posted(std::string_view word, const texts& pieces) {
    write_stream s(named(word));
    for (const auto& piece : pieces) EXPECT_EQ(write(s, piece), piece.size()) << word;
    EXPECT_EQ(close(s), std::error_code());
    return all();
  }
  // The outcome must not depend on where the stream is cut in two, nor on single bytes.
  void expect_posted_however_cut(std::string_view word, const std::string& stream, const texts& wanted) {
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      EXPECT_EQ(posted(word, {stream.substr(0, cut), stream.substr(cut)}), wanted)
          << word << " cut at " << cut;
    }
    texts bytes;
    for (const char c : stream) bytes.emplace_back(1, c);
    EXPECT_EQ(posted(word, bytes), wanted) << word << " byte by byte";
    EXPECT_EQ(memory.used(), 0U) << "bytes that nobody holds are still paid for";
  }
  void expect_refused(std::string_view word, const std::string& stream, errc why) {
    write_stream s(named(word));
    const auto outcome = write(s, stream);
    ASSERT_FALSE(outcome) << stream;
    EXPECT_EQ(outcome.error(), why) << stream;
    EXPECT_EQ(all(), texts()) << stream;
  }
};

const std::string every_byte = [] {
  std::string all;
  for (unsigned c = 0; c < 256; ++c) all += static_cast<char>(c);
  return all;
}();

std::string frame(std::string_view body) {
  const auto n = body.size();
  const char header[] = {static_cast<char>(n >> 24U & 255U), static_cast<char>(n >> 16U & 255U),
                         static_cast<char>(n >> 8U & 255U), static_cast<char>(n & 255U)};
  return std::string(header, 4) + std::string(body);
}

TEST_F(framings_of_a_writer, are_those_of_the_table) {
  texts words;
  for (const auto& row : framings()) words.emplace_back(row.word);
  EXPECT_EQ(words, (texts{"file", "lines", "frames", "json"}));
}

// --- lines

TEST_F(framings_of_a_writer, a_line_is_a_message_with_its_newline) {
  expect_posted_however_cut("lines", "one\ntwo\n\nfour\n", {"one\n", "two\n", "\n", "four\n"});
}

TEST_F(framings_of_a_writer, a_tail_without_newline_is_posted_on_close) {
  expect_posted_however_cut("lines", "one\ntail", {"one\n", "tail"});
  expect_posted_however_cut("lines", "", {});
}

TEST_F(framings_of_a_writer, a_reader_of_lines_gets_a_newline_where_there_is_none) {
  EXPECT_EQ(encoded("lines", "one\n"), "one\n");
  EXPECT_EQ(encoded("lines", "one"), "one\n");
  EXPECT_EQ(encoded("lines", ""), "\n");
  EXPECT_EQ(encoded("lines", "\n"), "\n");
  EXPECT_EQ(encoded("lines", "a\nb"), "a\nb\n");
}

TEST_F(framings_of_a_writer, lines_may_hold_any_other_byte) {
  std::string line = every_byte;
  std::erase(line, '\n');
  expect_posted_however_cut("lines", line + "\n", {line + "\n"});
}

TEST_F(framings_of_a_writer, a_line_may_be_as_long_as_a_message_and_no_longer) {
  auto wide = settings{};
  const std::string longest = std::string(largest_message - 1, 'x') + "\n";
  EXPECT_EQ(posted("lines", {longest}), texts{longest});
  EXPECT_EQ(posted("lines", {longest.substr(0, 500'000), longest.substr(500'000)}), texts{longest});
  expect_refused("lines", "x" + longest, errc::message_too_long);
  expect_refused("lines", "x" + longest.substr(0, largest_message), errc::message_too_long);
  wide.max_message_size = 4;
  to = make_slot(wide);
  EXPECT_EQ(posted("lines", {"abc\n"}), texts{"abc\n"});
  expect_refused("lines", "abcd\n", errc::message_too_long);
  expect_refused("lines", "abcde", errc::message_too_long);
}

// --- frames

TEST_F(framings_of_a_writer, frames_carry_any_bytes_and_empty_messages) {
  expect_posted_however_cut("frames", frame("one") + frame("") + frame(every_byte) + frame("\n"),
                            {"one", "", every_byte, "\n"});
}

TEST_F(framings_of_a_writer, a_reader_of_frames_gets_what_a_writer_sends) {
  for (const auto& text : {std::string("one"), std::string(), every_byte, std::string(70'000, 'x')}) {
    EXPECT_EQ(encoded("frames", text), frame(text));
  }
}

TEST_F(framings_of_a_writer, an_incomplete_frame_posts_nothing_and_close_says_so) {
  const std::string whole = frame("whole");
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    write_stream s(named("frames"));
    EXPECT_EQ(write(s, whole + whole.substr(0, cut)), whole.size() + cut);
    EXPECT_EQ(close(s), errc::bad_value) << cut;
    EXPECT_EQ(all(), texts{"whole"}) << cut;
  }
  EXPECT_EQ(memory.used(), 0U);
}

TEST_F(framings_of_a_writer, an_early_close_of_a_duplicate_does_not_break_a_frame) {
  write_stream s(named("frames"));
  EXPECT_EQ(close(s), std::error_code());
  EXPECT_TRUE(write(s, frame("one").substr(0, 5)));
  EXPECT_EQ(close(s), errc::bad_value);
  EXPECT_TRUE(write(s, frame("one").substr(5)));
  EXPECT_EQ(close(s), std::error_code());
  EXPECT_EQ(all(), texts{"one"});
}

TEST_F(framings_of_a_writer, a_frame_that_claims_too_much_is_refused_at_its_header) {
  expect_refused("frames", std::string("\xFF\xFF\xFF\xFF", 4), errc::message_too_long);
  expect_refused("frames", std::string("\x00\x0F\xF0\x01", 4) + "x", errc::message_too_long);
  expect_refused("frames", std::string("\x7F\xFF\xFF\xFF", 4) + std::string(100'000, 'x'),
                 errc::message_too_long);
  const std::string largest(largest_message, 'x');
  EXPECT_EQ(posted("frames", {frame(largest).substr(0, 600'000), frame(largest).substr(600'000)}),
            texts{largest});
}

// --- json

TEST_F(framings_of_a_writer, a_reader_of_json_gets_one_object_a_line) {
  auto m = letter("hi \"you\"");
  ASSERT_TRUE(to->post(m, moment{} + 1'767'323'045s + 6ns));
  EXPECT_EQ(encoded("json", *m),
            R"({"id":1,"time":"2026-01-02T03:04:05.000000006Z",)"
            R"("from":{"host":"host","uid":1000,"gid":100,"pid":42},"size":8,"text":"hi \"you\""})"
            "\n");
}

TEST_F(framings_of_a_writer, who_is_unknown_is_said_to_be_unknown_and_never_root) {
  auto m = letter("x", sender{});
  const auto from = boost::json::parse(encoded("json", *m)).at("from");
  EXPECT_EQ(from.at("uid"), "unknown");
  EXPECT_EQ(from.at("gid"), "unknown");
  EXPECT_EQ(from.at("pid"), 0);
}

TEST_F(framings_of_a_writer, a_message_of_the_network_shows_its_address_and_what_it_claims) {
  const auto from = std::make_shared<const origin>(origin{"10.0.0.7", "EVIL\"\n\xFF", true});
  auto m = letter("x", {.from = from});
  const auto seen = boost::json::parse(encoded("json", *m)).at("from");
  EXPECT_EQ(seen.at("address"), "10.0.0.7");
  EXPECT_EQ(seen.at("name"), "EVIL\"\n\xEF\xBF\xBD");
  EXPECT_EQ(seen.at("verified"), true);
  EXPECT_EQ(seen.as_object().size(), 3U);
}

TEST_F(framings_of_a_writer, json_has_the_time_of_the_first_and_the_last_day_there_is) {
  const std::pair<moment, std::string_view> rows[] = {
      {moment{}, "1970-01-01T00:00:00.000000000Z"},
      {moment{-1ns}, "1969-12-31T23:59:59.999999999Z"},
      {moment::max(), "2262-04-11T23:47:16.854775807Z"},
      {moment{} + 1'709'208'000s, "2024-02-29T12:00:00.000000000Z"},
  };
  for (const auto& [when, text] : rows) {
    auto m = letter("x");
    ASSERT_TRUE(to->post(m, when));
    EXPECT_EQ(boost::json::parse(encoded("json", *m)).at("time").as_string(), text);
  }
}

TEST_F(framings_of_a_writer, json_shows_text_where_it_is_text_and_base64_elsewhere) {
  EXPECT_EQ(boost::json::parse(encoded("json", "grüße")).at("text"), "grüße");
  EXPECT_EQ(boost::json::parse(encoded("json", "")).at("text"), "");
  const auto binary = boost::json::parse(encoded("json", "\xFFx"));
  EXPECT_EQ(binary.at("base64"), "/3g=");
  EXPECT_FALSE(binary.as_object().contains("text"));
  EXPECT_EQ(binary.at("size"), 2);
}

TEST_F(framings_of_a_writer, what_was_read_as_json_can_be_written_as_it_is) {
  texts messages{"", "a", "\n", "ä€", every_byte, std::string(5, '\0'), std::string(70'000, '\x01')};
  for (unsigned c = 0; c < 256; ++c) messages.push_back(std::string("x") + static_cast<char>(c));
  for (const auto& text : messages) {
    const std::string line = encoded("json", text);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(posted("json", {line}), texts{text});
    EXPECT_EQ(posted("json", {line.substr(0, line.size() / 2), line.substr(line.size() / 2)}), texts{text});
  }
}

TEST_F(framings_of_a_writer, json_lines_come_out_the_same_however_they_are_cut) {
  expect_posted_however_cut("json",
                            R"({"text":"one\nä\u00e4"})"
                            "\n"
                            R"( {"id": [1, {"text": "no"}], "base64" : "/3g=" , "x":{"base64":"no"}} )"
                            "\r\n"
                            R"({"text":""})",
                            {"one\nää", "\xFFx", ""});
}

TEST_F(framings_of_a_writer, the_largest_message_fits_into_json_however_it_is_written) {
  auto large = settings{};
  to = make_slot(large);
  const std::string controls(largest_message, '\x01');
  std::string line = encoded("json", controls);
  ASSERT_GT(line.size(), 6 * largest_message);
  write_stream s(named("json"));
  for (std::size_t at = 0; at < line.size(); at += 131'072) {
    const auto piece = std::string_view(line).substr(at, 131'072);
    ASSERT_EQ(write(s, piece), piece.size());
  }
  EXPECT_EQ(all(), texts{controls});
}

TEST_F(framings_of_a_writer, what_is_no_message_in_json_is_refused) {
  for (const auto* line : {"",
                           " ",
                           "{",
                           "}",
                           "{}",
                           "[]",
                           "[",
                           "1",
                           "\"text\"",
                           "null",
                           "true",
                           R"({"text":1})",
                           R"({"text":null})",
                           R"({"text":true})",
                           R"({"text":["a"]})",
                           R"({"text":{"a":"b"}})",
                           R"({"text":1.5e3})",
                           R"({"base64":7})",
                           R"({"base64":"Zg"})",
                           R"({"base64":"Z g="})",
                           R"({"text":"a","base64":"YQ=="})",
                           R"({"base64":"YQ==","text":"a"})",
                           R"({"text":"a","text":"b"})",
                           R"({"text":"a"}x)",
                           R"({"text":"a"}{"text":"b"})",
                           R"({"text":"a",})",
                           R"({"text":"a")",
                           R"({"text":"a)",
                           R"({'text':'a'})",
                           R"({"Text":"a"})",
                           R"({"lost":5})",
                           R"({"x":{"text":"a"}})",
                           R"([{"text":"a"}])",
                           R"({"text":"\ud800"})",
                           R"({"text":"\x"})",
                           "{\"text\":\"\xFF\"}",
                           "{\"text\":\"\t\"}",
                           R"({"textx":"a"})",
                           R"({"text5678901234567890":"a"})",
                           "\xEF\xBB\xBF{\"text\":\"a\"}"}) {
    expect_refused("json", std::string(line) + "\n", errc::bad_value);
  }
  expect_refused("json", std::string("{\"text\":\"a\0\"}\n", 14), errc::bad_value);
}

TEST_F(framings_of_a_writer, json_that_is_nested_without_end_or_large_for_nothing_is_refused) {
  expect_refused("json", std::string(1'000'000, '[') + "\n", errc::bad_value);
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += R"({"a":)";
  expect_refused("json", nested + "\n", errc::bad_value);
  expect_refused("json", std::string(6 * largest_message + 65'537, ' '), errc::message_too_long);
  const std::string key(900'000, 'k');
  EXPECT_EQ(posted("json", {"{\"" + key + "\":1,\"text\":\"a\"}\n"}), texts{"a"});
}

TEST_F(framings_of_a_writer, half_an_object_at_close_posts_nothing_and_close_says_so) {
  write_stream s(named("json"));
  EXPECT_TRUE(write(s, R"({"text":"a"})"
                       "\n"
                       R"({"text":"b)"));
  EXPECT_EQ(close(s), errc::bad_value);
  EXPECT_EQ(all(), texts{"a"});
}

TEST_F(framings_of_a_writer, json_shows_what_was_lost_and_the_others_do_not) {
  std::string out;
  named("json").encode_lost(17, out);
  EXPECT_EQ(out, "{\"lost\":17}\n");
  for (const auto* word : {"file", "lines", "frames"}) {
    std::string none;
    named(word).encode_lost(17, none);
    EXPECT_EQ(none, "") << word;
  }
}

// --- file

TEST_F(framings_of_a_writer, a_file_is_everything_until_close) {
  expect_posted_however_cut("file", "one\ntwo\n" + every_byte, {"one\ntwo\n" + every_byte});
  expect_posted_however_cut("file", "", {});
}

TEST_F(framings_of_a_writer, a_file_may_be_as_long_as_a_message) {
  const std::string half(largest_message / 2, 'x');
  EXPECT_EQ(posted("file", {half, half}), texts{half + half});
}

// --- hostile bytes in general

TEST_F(framings_of_a_writer, random_bytes_never_do_more_than_be_refused) {
  std::uint32_t state = 1;
  const auto next = [&state] { return state = state * 1664525U + 1013904223U; };
  constexpr std::string_view likely = "{}[]\":,\\u0text base64\n\n=AZ\xC3\xA4\xFF";
  for (const auto& row : framings()) {
    for (int round = 0; round < 300; ++round) {
      write_stream s(row.get());
      for (int i = 0; i < 20; ++i) {
        std::string piece;
        for (auto n = next() >> 24U; n > 0; --n) {
          const auto r = next() >> 16U;
          piece += (r & 1U) != 0 ? likely[r / 2 % likely.size()] : static_cast<char>(r >> 8U);
        }
        if (const auto accepted = write(s, piece)) {
          ASSERT_LE(*accepted, piece.size());
        }
      }
      close(s);
    }
    all();
    EXPECT_EQ(memory.used(), 0U) << row.word;
  }
}

}  // namespace
}  // namespace mailslot

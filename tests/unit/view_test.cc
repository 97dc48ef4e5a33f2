// The words of views: which there are, and which of them make sense together.
#include "fs/slot/view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mailslot {
namespace {

const framing* framing_called(std::string_view word) {
  for (const auto& row : framings()) {
    if (row.word == word) return &row.get();
  }
  return nullptr;
}

TEST(view_words_mean, one_axis_each) {
  EXPECT_EQ(parse_view("file"), view{.frame = framing_called("file")});
  EXPECT_EQ(parse_view("lines"), view{.frame = framing_called("lines")});
  EXPECT_EQ(parse_view("frames"), view{.frame = framing_called("frames")});
  EXPECT_EQ(parse_view("json"), view{.frame = framing_called("json")});
  EXPECT_EQ(parse_view("peek"), view{.source = taking::peek});
  EXPECT_EQ(parse_view("tail"), view{.source = taking::tail});
  EXPECT_EQ(parse_view("wait"), view{.patience = waiting::wait});
  EXPECT_EQ(parse_view("strict"), view{.strict = true});
}

TEST(view_words_mean, the_same_in_any_order) {
  EXPECT_EQ(parse_view("json+tail"), parse_view("tail+json"));
  EXPECT_EQ(parse_view("json+tail"), (view{.frame = framing_called("json"), .source = taking::tail}));
  EXPECT_EQ(parse_view("wait+file"), parse_view("file+wait"));
  EXPECT_NE(parse_view("json+tail"), parse_view("lines+tail"));
}

TEST(view_words_mean, exactly_this_in_every_pair) {
  std::set<std::string> accepted;
  for (const auto& [first, help] : view_words()) {
    for (const auto& [second, more_help] : view_words()) {
      const std::string both = std::string(first) + "+" + std::string(second);
      const std::string turned = std::string(second) + "+" + std::string(first);
      EXPECT_EQ(parse_view(both).has_value(), parse_view(turned).has_value()) << both;
      if (const auto v = parse_view(both)) accepted.insert(name_of(*v));
    }
  }
  EXPECT_EQ(accepted, (std::set<std::string>{"file+peek", "file+wait", "lines+peek", "lines+tail",
                                             "lines+wait", "frames+peek", "frames+tail", "frames+wait",
                                             "json+peek", "json+tail", "json+wait"}));
}

TEST(view_words_mean, nothing_with_three_of_them_or_with_a_third_that_adds_nothing) {
  EXPECT_FALSE(parse_view("json+tail+wait"));
  EXPECT_FALSE(parse_view("json+peek+wait"));
  EXPECT_FALSE(parse_view("json+tail+peek"));
  EXPECT_FALSE(parse_view("json+strict+tail"));
}

TEST(view_words_mean, nothing_when_misspelt) {
  for (const auto* words :
       {"", "+", "json+", "+json", "json++tail", "JSON", "Json", "json tail", "json ", " json", "jso",
        "jsons", "whole", "take", "slot", "json\ntail", "json/tail", "."}) {
    EXPECT_FALSE(parse_view(words)) << words;
  }
  EXPECT_FALSE(parse_view(std::string_view("json\0", 5)));
  EXPECT_FALSE(parse_view(std::string(100'000, '+')));
}

TEST(view_words_mean, one_name_for_one_view) {
  EXPECT_EQ(name_of(*parse_view("tail+json")), "json+tail");
  EXPECT_EQ(name_of(*parse_view("wait+lines")), "lines+wait");
  EXPECT_EQ(name_of(*parse_view("strict")), "strict");
  EXPECT_EQ(name_of(view{}), "");
  for (const auto& [word, help] : view_words()) EXPECT_EQ(name_of(*parse_view(word)), word);
}

TEST(view_words_mean, something_that_one_line_explains) {
  EXPECT_EQ(view_words().size(), 8U);
  for (const auto& [word, help] : view_words()) {
    EXPECT_GT(help.size(), 20U) << word;
    EXPECT_LT(help.size(), 100U) << word;
    EXPECT_EQ(help.find('\n'), std::string_view::npos) << word;
  }
}

TEST(view_readers, count_when_they_take) {
  EXPECT_TRUE(counts_as_reader(*parse_view("json"), access::read));
  EXPECT_TRUE(counts_as_reader(*parse_view("lines+wait"), access::both));
  EXPECT_FALSE(counts_as_reader(*parse_view("lines+wait"), access::write));
  EXPECT_FALSE(counts_as_reader(*parse_view("peek"), access::read));
  EXPECT_FALSE(counts_as_reader(*parse_view("json+tail"), access::read));
  EXPECT_TRUE(counts_as_reader(*parse_view("strict"), access::read));
  EXPECT_FALSE(counts_as_reader(*parse_view("strict"), access::both)) << "a client, as on Windows";
}

}  // namespace
}  // namespace mailslot

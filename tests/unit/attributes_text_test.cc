// Every key of a slot's attributes: what it shows, what it takes, and what makes no sense.
#include "fs/tree/attributes_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

namespace mailslot {
namespace {

using namespace std::chrono_literals;

std::string shown(std::string_view key, const settings& s, const figures& f = {}) {
  return attribute_value(key, s, f).value_or("(none)");
}

// Sets and shows again; the refusal in words when there is one.
std::string set_and_show(std::string_view key, std::string_view value) {
  settings s;
  if (auto failed = set_attribute(key, value, s)) return failed.message();
  return shown(key, s);
}

const std::string nonsense = make_error_code(errc::bad_value).message();

TEST(attributes_text, defaults_are_those_that_the_manual_names) {
  const std::map<std::string_view, std::string_view> expected = {{"max_message_size", "0"},
                                                                 {"read_timeout", "0"},
                                                                 {"max_messages", "65536"},
                                                                 {"max_bytes", "16777216"},
                                                                 {"full", "reject"},
                                                                 {"ttl", "0"},
                                                                 {"lifetime", "persistent"},
                                                                 {"exclusive", "no"},
                                                                 {"remote", "deny"},
                                                                 {"durable", "no"},
                                                                 {"count", "0"},
                                                                 {"bytes", "0"},
                                                                 {"next_size", "-1"},
                                                                 {"readers", "0"},
                                                                 {"waiting", "0"},
                                                                 {"writers", "0"},
                                                                 {"posted", "0"},
                                                                 {"taken", "0"},
                                                                 {"dropped", "0"},
                                                                 {"expired", "0"},
                                                                 {"oldest", "none"},
                                                                 {"created", "1970-01-01T00:00:00Z"}};
  std::set<std::string_view> keys;
  for (const auto key : attribute_keys()) keys.insert(key);
  for (const auto& [key, value] : expected) {
    EXPECT_TRUE(keys.contains(key)) << key;
    EXPECT_EQ(shown(key, {}), value) << key;
  }
  EXPECT_EQ(attribute_keys().size(), keys.size());
}

TEST(attributes_text, what_was_set_is_what_is_shown) {
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"max_message_size", "0", "0"},
      {"max_message_size", "4096", "4096"},
      {"max_message_size", "64K", "65536"},
      {"max_message_size", "4294967295", "4294967295"},
      {"read_timeout", "0", "0"},
      {"read_timeout", "1500", "1500"},
      {"read_timeout", "forever", "forever"},
      {"read_timeout", "9000000000000", "9000000000000"},
      {"max_messages", "1", "1"},
      {"max_messages", "1M", "1048576"},
      {"max_bytes", "1", "1"},
      {"max_bytes", "2G", "2147483648"},
      {"full", "reject", "reject"},
      {"full", "drop-oldest", "drop-oldest"},
      {"full", "drop-newest", "drop-newest"},
      {"ttl", "0", "0"},
      {"ttl", "86400000", "86400000"},
      {"lifetime", "handle", "handle"},
      {"lifetime", "persistent", "persistent"},
      {"exclusive", "yes", "yes"},
      {"exclusive", "no", "no"},
      {"remote", "allow", "allow"},
      {"remote", "deny", "deny"},
      {"durable", "no", "no"},
  };
  for (const auto& [key, value, expected] : rows)
    EXPECT_EQ(set_and_show(key, value), expected) << key << "=" << value;
}

TEST(attributes_text, absurd_values_are_refused) {
  const std::pair<const char*, std::vector<const char*>> rows[] = {
      {"max_message_size",
       {"", "-1", "4294967296", "5G", "1.5", "1KK", "0x10", "K", "99999999999999999999", " 1"}},
      {"read_timeout", {"", "-1", "Forever", "1s", "9000000000001", "99999999999999999999", "1K"}},
      {"max_messages", {"", "0", "-1", "4294967296", "many"}},
      {"max_bytes", {"", "0", "17179869184G", "5000000000G"}},
      {"full", {"", "drop", "REJECT", "reject "}},
      {"ttl", {"", "forever", "-5", "soon"}},
      {"lifetime", {"", "short", "Handle"}},
      {"exclusive", {"", "true", "1", "YES"}},
      {"remote", {"", "yes", "Allow"}},
      {"durable", {"", "yes", "maybe"}},
      {"no_such_key", {"1"}},
      {"", {"1"}},
  };
  for (const auto& [key, values] : rows) {
    for (const char* value : values) EXPECT_EQ(set_and_show(key, value), nonsense) << key << "=" << value;
  }
}

TEST(attributes_text, a_refused_value_changes_nothing) {
  for (const auto key : attribute_keys()) {
    settings s;
    EXPECT_TRUE(set_attribute(key, "absurd", s)) << key;
    EXPECT_EQ(s, settings{}) << key;
  }
}

TEST(attributes_text, what_is_counted_cannot_be_set) {
  for (const char* key : {"count", "bytes", "next_size", "readers", "waiting", "writers", "posted", "taken",
                          "dropped", "expired", "oldest", "created"}) {
    settings s;
    EXPECT_EQ(set_attribute(key, "1", s), errc::not_permitted) << key;
  }
}

TEST(attributes_text, messages_that_outlive_the_daemon_are_not_to_be_had_yet) {
  settings s;
  EXPECT_EQ(set_attribute("durable", "async", s), errc::not_supported);
  EXPECT_EQ(set_attribute("durable", "sync", s), errc::not_supported);
  EXPECT_FALSE(set_attribute("durable", "no", s));
}

TEST(attributes_text, figures_are_shown_as_they_are) {
  figures f;
  f.count = 2;
  f.bytes = 30;
  f.next_size = 0;
  f.readers = 4;
  f.writers = 5;
  f.waiting = 6;
  f.posted = 18446744073709551615U;
  f.taken = 8;
  f.dropped = 9;
  f.expired = 10;
  f.created = moment(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29)) + 12h + 34min + 56s + 999ms;
  f.oldest = f.created + 1s;
  const std::pair<const char*, const char*> rows[] = {{"count", "2"},
                                                      {"bytes", "30"},
                                                      {"next_size", "0"},
                                                      {"readers", "4"},
                                                      {"writers", "5"},
                                                      {"waiting", "6"},
                                                      {"posted", "18446744073709551615"},
                                                      {"taken", "8"},
                                                      {"dropped", "9"},
                                                      {"expired", "10"},
                                                      {"created", "2024-02-29T12:34:56Z"},
                                                      {"oldest", "2024-02-29T12:34:57Z"}};
  for (const auto& [key, value] : rows) EXPECT_EQ(shown(key, {}, f), value) << key;
}

TEST(attributes_text, an_unknown_key_has_no_value) {
  EXPECT_EQ(attribute_value("nothing", {}, {}).error(), errc::no_such_attribute);
}

TEST(attributes_text, all_of_them_are_lines_that_can_be_read_back) {
  settings s;
  s.read_timeout = forever;
  s.full = full_policy::drop_oldest;
  s.exclusive = s.remote = s.handle_lifetime = true;
  std::string settable;
  const std::string all = attributes_text(s, {});
  std::string_view rest = all;
  for (const auto key : attribute_keys()) {
    const auto line = rest.substr(0, rest.find('\n') + 1);
    EXPECT_THAT(line, testing::StartsWith(std::string(key) + "="));
    settings ignored;
    if (set_attribute(key, "absurd", ignored) != errc::not_permitted) settable += line;
    rest.remove_prefix(line.size());
  }
  settings back;
  ASSERT_FALSE(apply_attributes(settable, back));
  EXPECT_EQ(back, s);
}

TEST(attributes_text, lines_are_taken_with_blanks_around_and_between_them) {
  settings s;
  EXPECT_FALSE(apply_attributes("\n  ttl = 5 \r\n\n\tfull=drop-newest\nexclusive=yes", s));
  EXPECT_EQ(s.ttl, 5ms);
  EXPECT_EQ(s.full, full_policy::drop_newest);
  EXPECT_TRUE(s.exclusive);
  EXPECT_FALSE(apply_attributes("", s));
}

TEST(attributes_text, lines_are_taken_all_or_none) {
  for (const char* text :
       {"ttl=5\nfull", "ttl=5\n=", "ttl=5\nttl=x", "ttl=5\ncount=3", "ttl=5\ndurable=sync", "ttl=5=6"}) {
    settings s;
    EXPECT_TRUE(apply_attributes(text, s)) << text;
    EXPECT_EQ(s, settings{}) << text;
  }
}

TEST(attributes_text, sizes_have_units_of_1024) {
  EXPECT_EQ(parse_size("3k"), 3U << 10U);
  EXPECT_EQ(parse_size("3M"), 3U << 20U);
  EXPECT_EQ(parse_size("3g"), 3ULL << 30U);
  EXPECT_EQ(parse_size("17179869183G"), 17179869183ULL << 30U);
  EXPECT_FALSE(parse_size("17179869184G"));  // 2 to the power of 64
}

}  // namespace
}  // namespace mailslot

// The configuration file: what TOML gives, what counts when the command line says otherwise, what is refused
// and with which words; and the text of the running configuration.
#include "fs/config_file.h"
#include "fs/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace mailslot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// "key=value@where" of each.
std::vector<std::string> shown(const tl::expected<std::vector<given_option>, std::string>& options) {
  std::vector<std::string> all;
  if (!options) return {options.error()};
  for (const auto& o : *options) all.push_back(o.key + "=" + o.value.value_or("?") + "@" + o.where);
  return all;
}

class config : public testing::Test {
 protected:
  config() {
    std::string name = (std::filesystem::temp_directory_path() / "config.XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    file_ = directory_ + "/m.toml";
  }
  ~config() override { std::filesystem::remove_all(directory_); }
  config(const config&) = delete;
  config& operator=(const config&) = delete;

  tl::expected<options, std::string> with(const std::string& text, std::vector<std::string> arguments = {}) {
    std::ofstream(file_) << text;
    arguments.insert(arguments.begin(), {"/m", "-o", "config=" + file_});
    return parse_options(arguments);
  }
  // What is said of `text`, without the path in front.
  std::string complaint(const std::string& text, std::vector<std::string> arguments = {}) {
    const auto o = with(text, std::move(arguments));
    if (o) return "";
    EXPECT_THAT(o.error(), Not(HasSubstr("\n")));
    return o.error().starts_with(file_) ? o.error().substr(file_.size()) : o.error();
  }

  std::string directory_;
  std::string file_;
};

TEST_F(config, values_come_as_on_the_command_line) {
  EXPECT_THAT(shown(parse_config("wins = [\"192.0.2.2\",\n  \"192.0.2.1\"]\nallow_other = true\n"
                                 "slot_mode = 0o640\nread_timeout = 1500\n\n# and\ncase = 'sensitive'\n",
                                 "f")),
              ElementsAre("wins=192.0.2.2@f:1", "wins=192.0.2.1@f:2", "allow_other=yes@f:3",
                          "slot_mode=0o640@f:4", "read_timeout=1500@f:5", "case=sensitive@f:8"));
  EXPECT_THAT(shown(parse_config("", "f")), ElementsAre());
}

TEST_F(config, options_count) {
  const auto o = with(
      "allow_other = true\nslot_mode = \"640\"\nread_timeout = \"forever\"\nmax_message_size = 100\n"
      "total_bytes = \"1G\"\nlog_level = \"debug\"\nnet = \"netbios\"\nwins = [\"192.0.2.1\", "
      "\"192.0.2.2\"]\n"
      "interface = \"lo\"\nsamba_safe = true\n");
  ASSERT_TRUE(o) << o.error();
  EXPECT_TRUE(o->mount.allow_other);
  EXPECT_EQ(o->names.root.mode, 0777U);
  EXPECT_EQ(o->names.slot_mode, 0640U);
  EXPECT_EQ(o->names.defaults.read_timeout, forever);
  EXPECT_EQ(o->names.defaults.max_message_size, 100U);
  EXPECT_EQ(o->total_bytes, 1ULL << 30U);
  EXPECT_EQ(o->log_level, log::level::debug);
  EXPECT_THAT(o->network.wins, ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_THAT(o->network.interfaces, ElementsAre("lo"));
  EXPECT_TRUE(o->network.samba_safe);
}

TEST_F(config, a_mode_is_octal_however_it_is_written) {
  for (const char* mode : {"\"622\"", "'0622'", "622", "0o622"}) {
    const auto o = with(std::string("slot_mode = ") + mode);
    ASSERT_TRUE(o) << o.error();
    EXPECT_EQ(o->names.slot_mode, 0622U) << mode;
  }
}

TEST_F(config, the_command_line_wins_wherever_it_stands) {
  const std::string text =
      "read_timeout = 5\nallow_other = true\nnet = \"netbios\"\nwins = [\"192.0.2.1\"]\ndomain = \"A\"\n";
  const auto o =
      with(text, {"-o", "wins=192.0.2.9,read_timeout=7", "--allow_other=no", "-o", "wins=192.0.2.8"});
  ASSERT_TRUE(o) << o.error();
  EXPECT_EQ(o->names.defaults.read_timeout, std::chrono::milliseconds(7));
  EXPECT_FALSE(o->mount.allow_other);
  EXPECT_EQ(o->names.root.mode, 0755U);
  EXPECT_THAT(o->network.wins, ElementsAre("192.0.2.9", "192.0.2.8"));
  EXPECT_EQ(o->network.domain, "A");
  EXPECT_EQ(complaint(text, {"-d"}), "");
}

TEST_F(config, complaints_name_the_file_the_line_and_the_key) {
  const std::pair<const char*, const char*> rows[] = {
      {"\n\nslot_mode = \"rwx\"\n", ":3: slot_mode: cannot be \"rwx\": it takes an octal number up to 777"},
      {"total_bytes = 1.5\n", ":1: total_bytes: takes text, a whole number"},
      {"case = 2024-01-01\n", ":1: case: takes text"},
      {"read_timeout = -1\n", ":1: read_timeout: cannot be \"-1\": it takes milliseconds, or forever"},
      {"read_timeout = true\n", ":1: read_timeout: cannot be \"yes\""},
      {"allow_other = 1\n", ":1: allow_other: cannot be \"1\": it takes yes or no"},
      {"\ncolour = 1\n", ":2: colour: is unknown (--help lists all)"},
      {"slotmode = \"622\"\n", ":1: slotmode: is unknown: did you mean \"slot_mode\"?"},
      {"[net]\nname = \"A\"\n", ":1: net: is a section"},
      {"config = \"other\"\n", ":1: config: is for the command line"},
      {"case = [\"sensitive\",\n \"insensitive\"]\n", ":2: case: takes one value"},
      {"\ndomain = \"SALES\"\n", ":2: domain: needs net=netbios"},
      {"net = \"netbios\"\nwins = [\"192.0.2.1\",\n\"nowhere\"]\n", ":3: wins: cannot be \"nowhere\""},
      {"net = \"netbios\"\nname = \"much-too-long-a-name\"\n", ":2: name: cannot be"},
      {"case = \n", ":1: "},
      {"case = \"sensitive\"\ncase = \"sensitive\"\n", ":2: "},
      {"what is this\n", ":1: "},
  };
  for (const auto& [text, said] : rows) EXPECT_THAT(complaint(text), StartsWith(said)) << text;
}

TEST_F(config, what_the_command_line_outdoes_must_be_right_all_the_same) {
  EXPECT_THAT(complaint("slot_mode = \"rwx\"\n", {"-o", "slot_mode=600"}), StartsWith(":1: slot_mode:"));
}

TEST_F(config, a_file_that_cannot_be_read_is_named) {
  const auto missing = parse_options({"/m", "-o", "config=" + directory_ + "/none"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "cannot read \"" + directory_ + "/none\": No such file or directory");
  const auto place = parse_options({"/m", "-o", "config=" + directory_});
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error(), "cannot read \"" + directory_ + "\": Is a directory");
  EXPECT_FALSE(parse_options({"/m", "-o", "config="}));
}

TEST_F(config, the_example_has_every_option_and_each_is_accepted) {
  std::ifstream file(MAILSLOT_SOURCE_ROOT "/docs/mailslotfs.toml");
  std::ostringstream text;
  text << file.rdbuf();
  const auto as_it_is = with(text.str());
  ASSERT_TRUE(as_it_is) << as_it_is.error();
  EXPECT_EQ(config_text(*as_it_is), config_text(*parse_options({"/m"})));

  const auto all = std::regex_replace(text.str(), std::regex("(^|\n)#([a-z_]+ = )"), "$1$2");
  const auto given = parse_config(all, "example");
  ASSERT_TRUE(given) << given.error();
  for (const auto& row : option_rows()) {
    EXPECT_NE(std::ranges::find(*given, row.key, &given_option::key), given->end()) << row.key;
  }
  const auto applied = with(all);
  ASSERT_TRUE(applied) << applied.error();
  EXPECT_EQ(applied->network.domain, "SALES");
}

TEST_F(config, the_running_configuration_is_a_file_that_gives_the_same) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"/m"},
        {"/m", "-o", "allow_other,ro,slot_mode=77,root_mode=711,case=sensitive,create=writers,user_bytes=0"},
        {"/m", "-o", "read_timeout=forever,max_message_size=1K,total_bytes=5G,max_slots=9,log_level=error"},
        {"/m", "-o", "net=netbios,name=A B,domain=123,alias=x#1c,alias=y,interface=lo,wins=192.0.2.1"},
        {"/m", "-o", "net=netbios,hosts=/tmp/\"odd\\\\\x01,samba_safe,nmbd_socket=/s,remote_rate=7"}}) {
    const auto o = parse_options(arguments);
    ASSERT_TRUE(o) << o.error();
    const auto text = config_text(*o);
    const auto again = with(text);
    ASSERT_TRUE(again) << again.error() << " in\n" << text;
    EXPECT_EQ(config_text(*again), text);
    // Each option is a line, those of the network where there is one.
    for (const auto& row : option_rows()) {
      if (row.of_network || row.show(*o).empty()) continue;
      EXPECT_THAT("\n" + text, HasSubstr("\n" + std::string(row.key) + " = "));
    }
  }
}

TEST(running_log_level, is_a_line_with_or_without_quotes) {
  EXPECT_EQ(read_log_level("log_level=debug\n"), log::level::debug);
  EXPECT_EQ(read_log_level("log_level = \"error\""), log::level::error);
  for (const char* wrong : {"", "debug", "log_level=", "log_level=loud", "case=sensitive", "log_level",
                            "log_level=info\nlog_level=debug\n"}) {
    EXPECT_FALSE(read_log_level(wrong)) << wrong;
  }
}

TEST(log_levels, have_names) {
  for (const char* name : {"error", "warning", "notice", "info", "debug"}) {
    const auto level = log::parse_level(name);
    ASSERT_TRUE(level) << name;
    EXPECT_EQ(log::name_of(*level), name);
  }
  EXPECT_FALSE(log::parse_level("loud"));
}

}  // namespace
}  // namespace mailslot

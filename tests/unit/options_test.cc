// The daemon's command line: each option in both spellings, wrong ones, and what mount(8) and fstab add.
#include "fs/options.h"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace mailslot {
namespace {

using testing::HasSubstr;
using testing::Not;

using words = std::vector<std::string>;

options parsed(const words& arguments) {
  auto o = parse_options(arguments);
  EXPECT_TRUE(o) << o.error();
  return o.value_or(options{});
}

// The line for the one who typed this; empty when nothing is wrong.
std::string complaint(const words& arguments) {
  const auto o = parse_options(arguments);
  return o ? "" : o.error();
}

// `option` in each way in which it can be given.
void each_way(const std::string& option, auto check) {
  for (const words& arguments : {words{"/m", "-o", option}, words{"/m", "-o" + option},
                                 words{"/m", "--" + option}, words{"-o", "rw," + option + ",nosuid", "/m"}}) {
    SCOPED_TRACE(testing::PrintToString(arguments));
    check(parsed(arguments));
  }
}

TEST(options, a_mount_point_is_all_that_is_needed) {
  const options o = parsed({"/mailslot"});
  EXPECT_EQ(o.mount.mountpoint, "/mailslot");
  EXPECT_EQ(o.mount.source, "mailslotfs");
  EXPECT_FALSE(o.mount.allow_other || o.mount.read_only || o.foreground);
  EXPECT_EQ(o.log_level, log::level::notice);
  EXPECT_EQ(o.mount.workers, 0U);
  EXPECT_EQ(o.names.slot_mode, 0622U);
  EXPECT_EQ(o.names.root.mode, 0755U);
  EXPECT_EQ(o.names.names, letter_case::folded);
  EXPECT_EQ(o.names.max_slots, 1'000'000U);
  EXPECT_FALSE(o.names.writers_create);
  EXPECT_EQ(o.total_bytes, 256U << 20U);
  EXPECT_EQ(o.user_bytes, 64U << 20U);
  EXPECT_EQ(o.names.defaults, settings{});
}

TEST(options, a_source_comes_first_as_from_fstab) {
  const options o = parsed({"slots", "/mailslot", "-o", "rw"});
  EXPECT_EQ(o.mount.source, "slots");
  EXPECT_EQ(o.mount.mountpoint, "/mailslot");
}

TEST(options, each_is_understood_in_every_way_to_give_it) {
  each_way("allow_other", [](const options& o) {
    EXPECT_TRUE(o.mount.allow_other);
    EXPECT_EQ(o.names.root.mode, 0777U);
  });
  each_way("slot_mode=640", [](const options& o) { EXPECT_EQ(o.names.slot_mode, 0640U); });
  each_way("root_mode=0700", [](const options& o) { EXPECT_EQ(o.names.root.mode, 0700U); });
  each_way("case=sensitive", [](const options& o) { EXPECT_EQ(o.names.names, letter_case::exact); });
  each_way("case=insensitive", [](const options& o) { EXPECT_EQ(o.names.names, letter_case::folded); });
  each_way("create=writers", [](const options& o) { EXPECT_TRUE(o.names.writers_create); });
  each_way("create=explicit", [](const options& o) { EXPECT_FALSE(o.names.writers_create); });
  each_way("read_timeout=1500", [](const options& o) {
    EXPECT_EQ(o.names.defaults.read_timeout, std::chrono::milliseconds(1500));
  });
  each_way("read_timeout=forever",
           [](const options& o) { EXPECT_EQ(o.names.defaults.read_timeout, forever); });
  each_way("max_message_size=64K",
           [](const options& o) { EXPECT_EQ(o.names.defaults.max_message_size, 65536U); });
  each_way("total_bytes=1G", [](const options& o) { EXPECT_EQ(o.total_bytes, 1ULL << 30U); });
  each_way("total_bytes=0", [](const options& o) { EXPECT_EQ(o.total_bytes, 0U); });
  each_way("user_bytes=5M", [](const options& o) { EXPECT_EQ(o.user_bytes, 5U << 20U); });
  each_way("max_slots=10", [](const options& o) { EXPECT_EQ(o.names.max_slots, 10U); });
  each_way("ro=yes", [](const options& o) { EXPECT_TRUE(o.mount.read_only); });
  each_way("ro=no", [](const options& o) { EXPECT_FALSE(o.mount.read_only); });
  each_way("log_level=info", [](const options& o) { EXPECT_EQ(o.log_level, log::level::info); });
  each_way("ro", [](const options& o) { EXPECT_TRUE(o.mount.read_only); });
  each_way("noexec", [](const options& o) { EXPECT_TRUE(o.mount.no_exec); });
}

TEST(options, a_mode_that_was_asked_for_stays_with_allow_other) {
  EXPECT_EQ(parsed({"/m", "-o", "root_mode=750,allow_other"}).names.root.mode, 0750U);
  EXPECT_EQ(parsed({"/m", "-o", "allow_other,root_mode=750"}).names.root.mode, 0750U);
}

TEST(options, letters_can_stand_together) {
  EXPECT_TRUE(parsed({"-f", "/m"}).foreground);
  const options o = parsed({"/m", "-ds"});
  EXPECT_TRUE(o.foreground);
  EXPECT_EQ(o.log_level, log::level::debug);
  EXPECT_EQ(o.mount.workers, 1U);
  for (const char* help : {"-h", "--help"}) EXPECT_TRUE(parsed({help}).help);
  for (const char* version : {"-V", "--version"}) EXPECT_TRUE(parsed({version}).version);
}

TEST(options, what_mount_and_fstab_add_is_no_mistake) {
  for (const char* word : {"rw",
                           "defaults",
                           "auto",
                           "noauto",
                           "user",
                           "nouser",
                           "users",
                           "owner",
                           "group",
                           "nofail",
                           "_netdev",
                           "dev",
                           "nodev",
                           "suid",
                           "nosuid",
                           "exec",
                           "noexec",
                           "async",
                           "sync",
                           "dirsync",
                           "atime",
                           "noatime",
                           "relatime",
                           "norelatime",
                           "strictatime",
                           "nostrictatime",
                           "diratime",
                           "nodiratime",
                           "lazytime",
                           "nolazytime",
                           "x-systemd.automount",
                           "x-systemd.requires=network.target",
                           "X-mount.mkdir",
                           "comment=mine",
                           "silent",
                           "loud",
                           "mand",
                           "nomand",
                           "iversion",
                           "noiversion",
                           "symfollow",
                           "user=alice",
                           "default_permissions"}) {
    EXPECT_EQ(complaint({"none", "/m", "-o", word}), "") << word;
  }
  EXPECT_EQ(complaint({"/m", "-o", ",rw,,allow_other,"}), "");
}

TEST(options, wrong_ones_get_one_line_that_names_them) {
  const std::pair<words, const char*> rows[] = {
      {{"/m", "-o", "colour=red"}, "colour"},
      {{"/m", "-o", "remount,ro"}, "unmount"},
      {{"/m", "--colour"}, "colour"},
      {{"/m", "-x"}, "-x"},
      {{"/m", "-o"}, "-o"},
      {{"/m", "-o", "allow_other=maybe"}, "allow_other"},
      {{"/m", "-o", "slot_mode"}, "slot_mode"},
      {{"/m", "-o", "slot_mode="}, "slot_mode"},
      {{"/m", "-o", "slot_mode=888"}, "888"},
      {{"/m", "-o", "slot_mode=1777"}, "1777"},
      {{"/m", "-o", "root_mode=rwx"}, "rwx"},
      {{"/m", "-o", "case=maybe"}, "maybe"},
      {{"/m", "-o", "create=all"}, "all"},
      {{"/m", "-o", "read_timeout=-1"}, "-1"},
      {{"/m", "-o", "read_timeout=soon"}, "soon"},
      {{"/m", "-o", "max_message_size=5G"}, "5G"},
      {{"/m", "-o", "total_bytes=lots"}, "lots"},
      {{"/m", "-o", "user_bytes=-1"}, "-1"},
      {{"/m", "-o", "max_slots=0"}, "max_slots"},
      {{"/m", "-o", "max_slots=1G"}, "1G"},
      {{"/m", "-o", "rw,slot_mode=9,max_slots=0"}, "slot_mode"},
      {{"/m", "-o", "rw,nonsense,colour"}, "nonsense"},
      {{}, "mount point"},
      {{"-f"}, "mount point"},
      {{"a", "b", "c"}, "\"c\""},
  };
  for (const auto& [arguments, named] : rows) {
    const auto line = complaint(arguments);
    EXPECT_THAT(line, HasSubstr(named)) << testing::PrintToString(arguments);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
  }
}

TEST(options, wrong_values_get_the_form_of_right_ones) {
  const std::pair<const char*, const char*> rows[] = {
      {"slot_mode=rwx", "an octal number up to 777"},
      {"root_mode=9", "an octal number up to 777"},
      {"case=foo", "insensitive or sensitive"},
      {"create=foo", "explicit or writers"},
      {"read_timeout=foo", "milliseconds, or forever"},
      {"max_message_size=foo", "bytes, as in"},
      {"total_bytes=foo", "bytes, as in"},
      {"user_bytes=foo", "bytes, as in"},
      {"max_slots=foo", "a number from 1 to"},
      {"net=foo", "netbios or off"},
      {"log_level=loud", "error, warning, notice, info or debug"},
      {"allow_other=maybe", "yes or no"},
      {"name=", "a NetBIOS name, of up to 15 characters"},
      {"domain=*", "a NetBIOS name, of up to 15 characters"},
      {"alias=", "NAME or NAME#HEX"},
      {"interface=", "a name or an address"},
      {"wins=", "an IPv4 address"},
      {"wins=nowhere", "an IPv4 address"},
      {"hosts=", "a file"},
      {"nmbd_socket=", "a path"},
      {"remote_rate=foo", "a number up to"},
  };
  for (const auto& [option, form] : rows) {
    EXPECT_THAT(complaint({"/m", "-o", option}), HasSubstr(std::string(": it takes ") + form)) << option;
  }
}

TEST(options, a_slip_of_the_finger_is_understood) {
  const std::pair<const char*, const char*> rows[] = {{"slotmode=600", "slot_mode"},
                                                      {"alow_other", "allow_other"},
                                                      {"max_slot=5", "max_slots"},
                                                      {"loglevel=info", "log_level"},
                                                      {"interfaces=lo", "interface"}};
  for (const auto& [option, meant] : rows) {
    EXPECT_THAT(complaint({"/m", "-o", option}), HasSubstr(std::string("did you mean \"") + meant + "\"?"));
  }
  EXPECT_THAT(complaint({"/m", "-o", "colour=red"}), Not(HasSubstr("mean")));
}

TEST(options, those_of_the_network_need_it) {
  for (const char* option : {"name=A", "domain=B", "alias=C", "interface=lo", "wins=192.0.2.1", "hosts=/f",
                             "samba_safe", "nmbd_socket=/s", "remote_rate=5"}) {
    const auto key = std::string(option).substr(0, std::string_view(option).find('='));
    EXPECT_EQ(complaint({"/m", "-o", option}), "option \"" + key + "\" needs net=netbios");
    EXPECT_EQ(complaint({"/m", "-o", std::string("net=off,") + option}),
              "option \"" + key + "\" needs net=netbios");
    EXPECT_EQ(complaint({"/m", "-o", option, "-o", "net=netbios"}), "");
  }
}

TEST(options, a_computer_cannot_have_the_name_of_its_domain) {
  boost::asio::io_context io;
  const auto opened = network::open(io, parsed({"/m", "-o", "net=netbios,name=work,domain=WORK"}).network);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error(), HasSubstr("cannot both be \"WORK\""));
}

TEST(options, the_help_has_what_bounds_memory_in_one_place) {
  const auto text = help_text();
  const auto at = text.find("  max_slots=");
  EXPECT_GT(at, text.find("  user_bytes="));
  EXPECT_LT(at, text.find("  net="));
}

TEST(options, the_help_names_each_of_them) {
  const auto text = help_text();
  for (const char* option :
       {"allow_other", "slot_mode=MODE", "root_mode=MODE", "case=WORD", "create=WORD", "read_timeout=TIME",
        "max_message_size=BYTES", "total_bytes=BYTES", "user_bytes=BYTES", "max_slots=COUNT", "-f", "-d",
        "-s", "-h", "-V", "MOUNTPOINT"}) {
    EXPECT_THAT(text, HasSubstr(option));
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
}

}  // namespace
}  // namespace mailslot

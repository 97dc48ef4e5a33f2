// The many names of one slot, and the sentences for names that are none.
#include "fs/cli/files.h"
#include "fs/cli/names.h"
#include "tests/unit/cli_stage.h"

#include <cerrno>

namespace mailslot::cli {
namespace {

class cli_names : public stage {
 protected:
  std::string path_of(const std::string& name) {
    const auto t = resolve(around_, name);
    return t ? t->path : "refused: " + t.error().sentence;
  }
};

TEST_F(cli_names, below_the_root_are_what_they_are) {
  EXPECT_EQ(path_of("inbox"), "inbox");
  EXPECT_EQ(path_of("taxes/comments"), "taxes/comments");
  EXPECT_EQ(path_of("taxes//comments/"), "taxes/comments");
  EXPECT_EQ(path_of("with space"), "with space");
  EXPECT_EQ(path_of("[a,b]"), "[a,b]");
}

TEST_F(cli_names, of_windows_mean_the_same_slots) {
  EXPECT_EQ(path_of(R"(\\.\mailslot\inbox)"), "inbox");
  EXPECT_EQ(path_of(R"(\\.\MAILSLOT\taxes\comments)"), "taxes/comments");
  EXPECT_EQ(path_of("//./mailslot/inbox"), "inbox");
  EXPECT_EQ(path_of(R"(taxes\comments)"), "taxes/comments");
}

TEST_F(cli_names, of_windows_computers_and_domains_are_remote) {
  EXPECT_EQ(path_of(R"(\\FILESRV\mailslot\inbox)"), "@FILESRV/inbox");
  EXPECT_EQ(path_of(R"(\\*\mailslot\inbox)"), "@*/inbox");
  EXPECT_EQ(path_of(R"(\\DC\mailslot\NET\NETLOGON)"), "@DC/NET/NETLOGON");
  const auto t = resolve(around_, R"(\\FILESRV\mailslot\inbox)");
  ASSERT_TRUE(t);
  EXPECT_TRUE(t->is_remote());
  EXPECT_EQ(t->host(), "FILESRV");
  EXPECT_EQ(t->file(), root_.string() + "/@FILESRV/inbox");
}

TEST_F(cli_names, that_lost_their_backslashes_to_the_shell_get_told) {
  EXPECT_NE(path_of(R"(\.mailslotinbox)").find("put '' around the name"), std::string::npos);
}

TEST_F(cli_names, of_windows_without_a_slot_get_told) {
  EXPECT_NE(path_of(R"(\\.\mailslot)").find("no mailslot name"), std::string::npos);
  EXPECT_NE(path_of(R"(\\.\pipe\inbox)").find("no mailslot name"), std::string::npos);
}

TEST_F(cli_names, may_be_paths_below_the_root_that_need_not_exist) {
  EXPECT_EQ(path_of(root_.string() + "/inbox"), "inbox");
  EXPECT_EQ(path_of(root_.string() + "/a/../b/c"), "b/c");
  EXPECT_EQ(path_of(root_.string()), "");
  EXPECT_EQ(path_of(root_.string() + "/"), "");
}

TEST_F(cli_names, may_be_paths_elsewhere_whose_mount_is_found) {
  const auto t = resolve(around_, "/proc/self/status");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->root, "/proc");
  EXPECT_TRUE(t->path.ends_with("/status"));
}

TEST_F(cli_names, with_dots_between_do_not_leave_the_root) {
  EXPECT_NE(path_of("a/../../etc").find("no name for a slot"), std::string::npos);
  EXPECT_NE(path_of(R"(\\.\mailslot\..\etc)").find("no name for a slot"), std::string::npos);
}

TEST_F(cli_names, of_views_and_computers_are_not_slots) {
  EXPECT_NE(path_of(".info/inbox").find("is not a slot"), std::string::npos);
  EXPECT_NE(path_of(".as/json/inbox").find("is not a slot"), std::string::npos);
  EXPECT_NE(path_of("@FILESRV").find("names a computer"), std::string::npos);
  EXPECT_NE(path_of("").find("empty"), std::string::npos);
}

TEST_F(cli_names, know_the_files_beside_a_slot) {
  const target t{"x", "/m", "a/x"};
  EXPECT_EQ(t.file(), "/m/a/x");
  EXPECT_EQ(t.info(), "/m/.info/a/x");
  EXPECT_EQ(t.view("json+tail"), "/m/.as/json+tail/a/x");
}

TEST_F(cli_names, need_a_mount) {
  const auto sentence = [&](int (*check)(const std::string&)) {
    around_.check_mount = check;
    const auto t = resolve_mounted(around_, "inbox");
    return t ? std::string() : t.error().sentence;
  };
  EXPECT_EQ(sentence([](auto&) { return 0; }), "");
  EXPECT_NE(sentence([](auto&) { return ENODEV; }).find("no mailslotfs is mounted"), std::string::npos);
  EXPECT_NE(sentence([](auto&) { return ENOTCONN; }).find("has ended"), std::string::npos);
  EXPECT_NE(sentence([](auto&) { return EACCES; }).find("allow_other"), std::string::npos);
}

TEST_F(cli_names, outside_of_any_mount_get_no_advice_to_mount_there) {
  around_.check_mount = [](const std::string&) { return ENODEV; };
  const auto t = resolve_mounted(around_, "/proc/self/status");
  ASSERT_FALSE(t);
  EXPECT_EQ(t.error().sentence, "\"/proc/self/status\" is not in a mailslotfs mount");
}

TEST_F(cli_names, get_advice_to_mount_where_nothing_would_be_covered) {
  const auto place = root_.string();
  EXPECT_NE(explain_mount(place, ENODEV).sentence.find("(mailslotfs " + place + " mounts one"),
            std::string::npos);
  EXPECT_NE(explain_mount(place + "/x", ENOENT).sentence.find("(mkdir -p " + place + "/x && mailslotfs"),
            std::string::npos);
  put("used", "");
  EXPECT_EQ(explain_mount(place, ENODEV).sentence,
            "no mailslotfs is mounted at " + place + " (MAILSLOT_ROOT names another place)");
}

TEST(cli_views, have_known_words_that_go_together) {
  for (const char* right :
       {"file", "lines", "json+tail", "tail+json", "wait+file", "strict", "frames+peek"}) {
    EXPECT_TRUE(check_view(right)) << right;
  }
  for (const char* wrong :
       {"json+lines", "peek+tail", "file+tail", "peek+wait", "json+strict", "wait+wait"}) {
    const auto checked = check_view(wrong);
    ASSERT_FALSE(checked) << wrong;
    EXPECT_NE(checked.error().sentence.find("do not go together"), std::string::npos);
  }
  for (const char* unknown : {"foo", "json+foo", "", "json+", "JSON"}) {
    const auto checked = check_view(unknown);
    ASSERT_FALSE(checked) << unknown;
    EXPECT_NE(checked.error().sentence.find("no word of a view"), std::string::npos);
  }
}

TEST(cli_refusals, say_what_the_network_takes_by_the_name) {
  const auto sentence = [](const char* path) {
    return explain({"x", "/m", path}, "write to", EMSGSIZE).sentence;
  };
  EXPECT_NE(sentence("@SRV/inbox").find("takes 424 bytes (406 with"), std::string::npos)
      << sentence("@SRV/inbox");
  EXPECT_NE(sentence("@SRV/net/logon").find("takes 420 bytes"), std::string::npos);
  EXPECT_NE(sentence("@*/a").find("takes 428 bytes"), std::string::npos);
}

TEST(cli_refusals, say_who_may) {
  const target slot{"x", "/nowhere", "x"};
  EXPECT_EQ(explain(slot, "remove", EPERM).sentence,
            "you may not remove \"x\": only its owner, the owner of its directory and root may");
  EXPECT_EQ(explain(slot, "purge", EPERM).sentence, "you may not purge \"x\": only its owner and root may");
  EXPECT_NE(explain(slot, "write to", EMSGSIZE).sentence.find("max_message_size or max_bytes"),
            std::string::npos);
  EXPECT_NE(
      explain({"x", "/m", "@SRV/x"}, "write to", EHOSTUNREACH).sentence.find("lists who was heard from"),
      std::string::npos);
}

TEST(cli_quoting, makes_one_word_of_anything) {
  EXPECT_EQ(shell_quoted("inbox"), "inbox");
  EXPECT_EQ(shell_quoted("@*/inbox"), "'@*/inbox'");
  EXPECT_EQ(shell_quoted("it's"), R"('it'\''s')");
  EXPECT_EQ(shell_quoted(""), "''");
}

}  // namespace
}  // namespace mailslot::cli

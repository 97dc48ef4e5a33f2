// The tool called as a user calls it: right and wrong arguments, on a directory that plays the mount.
#include "tests/unit/cli_stage.h"

#include <sys/stat.h>

namespace mailslot::cli {
namespace {

class cli_arguments : public stage {
 protected:
  cli_arguments() {
    put("inbox", "");
    put(".info/inbox",
        "max_message_size=0\nread_timeout=forever\ncount=2\nbytes=1536\nnext_size=512\n"
        "readers=1\noldest=2026-01-01T00:00:00Z\n");
    put(".as/lines/inbox", "");
    put(".as/json/inbox", "");
    put(".as/frames+peek/inbox", std::string("\0\0\0\6first\n\0\0\0\0\0\0\0\6second", 24));
    put(".as/json+peek/inbox", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
  }

  void expect_usage_error(std::vector<std::string> arguments, const std::string& word) {
    EXPECT_EQ(call(arguments), wrong_usage) << testing::PrintToString(arguments);
    EXPECT_NE(err().find(word), std::string::npos) << err();
    EXPECT_NE(err().find("--help"), std::string::npos) << err();
    EXPECT_EQ(out(), "");
  }
};

TEST_F(cli_arguments, say_the_version) {
  EXPECT_EQ(call({"--version"}), success);
  EXPECT_EQ(out(), "mailslot " MAILSLOT_VERSION "\n");
}

TEST_F(cli_arguments, give_help_for_all_and_for_each) {
  EXPECT_EQ(call({"--help"}), success);
  for (const char* name : {"create", "rm", "ls", "info", "set", "send", "recv", "peek", "purge", "path"}) {
    EXPECT_EQ(call({name, "--help"}), success) << name;
    EXPECT_NE(out().find("A NAME is a path"), std::string::npos) << name;
    EXPECT_EQ(call({"--help"}), success);
    EXPECT_NE(out().find(name), std::string::npos) << name;
    EXPECT_EQ(call({name, "--help"}), success) << name;
    EXPECT_NE(out().find("NAME"), std::string::npos) << name;
    EXPECT_EQ(err(), "") << name;
  }
}

TEST_F(cli_arguments, that_make_no_sense_are_refused_with_a_sentence) {
  expect_usage_error({}, "what to do");
  expect_usage_error({"frobnicate"}, "there is no command \"frobnicate\"");
  expect_usage_error({"snd", "inbox", "text"}, "there is no command \"snd\"");
  expect_usage_error({"recv", "inbox", "--exec", ""}, "COMMAND is empty");
  expect_usage_error({"recv"}, "NAME");
  expect_usage_error({"recv", "inbox", "-n", "0"}, "no number of messages");
  expect_usage_error({"recv", "inbox", "-n", "many"}, "no number of messages");
  expect_usage_error({"recv", "inbox", "-f", "-n", "3"}, "--count excludes --follow");
  expect_usage_error({"recv", "inbox", "-W", "-1"}, "no number of seconds");
  expect_usage_error({"recv", "inbox", "--json", "--null"}, "--json");
  expect_usage_error({"create", "x", "--mode", "9"}, "9");
  expect_usage_error({"create", "x", "-m", "17777"}, "mode");
  expect_usage_error({"set", "inbox"}, "ATTRIBUTE");
  expect_usage_error({"send", "inbox", "--line", "x"}, "--line");
  expect_usage_error({"send", "inbox", "--empty", "x"}, "--empty");
  expect_usage_error({"send", "inbox", "-n"}, "-n");
  expect_usage_error({"send", "inbox", "--json", "x"}, "--json");
  expect_usage_error({"path", "inbox", "--as", "json", "--info"}, "--info");
  expect_usage_error({"path", "inbox", "--as", "foo"}, "\"foo\" is no word of a view: file, lines");
  expect_usage_error({"top", "--sort", "foo"},
                     "\"foo\" is no column: name, count, bytes, in, out or waiting");
  expect_usage_error({"top", "--seconds", "0"}, "\"0\" is no number of seconds from 0.1 to 3600");
}

TEST_F(cli_arguments, have_help_in_words_and_not_in_types) {
  for (const char* name : {"top", "bench"}) {
    EXPECT_EQ(call({name, "--help"}), success);
    for (const char* strange : {":", " in [", "->", "FLOAT", "{"}) {
      const auto options = out().substr(out().find("-h,"), out().find("Columns") - out().find("-h,"));
      EXPECT_EQ(options.find(strange), std::string::npos) << strange << " in " << options;
    }
  }
}

TEST_F(cli_arguments, send_posts_words_as_echo_writes_them) {
  EXPECT_EQ(call({"send", "inbox", "hello", "world"}), success);
  EXPECT_EQ(get("inbox"), "hello world\n");
  EXPECT_EQ(out(), "");
}

TEST_F(cli_arguments, send_takes_text_as_it_is_whatever_it_looks_like) {
  const std::vector<std::string> texts = {"[1,2]", "{}", "-n", "--json", "%d", "\\n", "a=b", "--"};
  for (const auto& text : texts) {
    put("inbox", "");
    EXPECT_EQ(call({"send", "inbox", "--", text}), success);
    EXPECT_EQ(get("inbox"), text + "\n");
  }
  put("inbox", "");
  EXPECT_EQ(call({"send", "-n", "inbox", "first", "-5", "--empty"}), success);
  EXPECT_EQ(get("inbox"), "first -5 --empty");
}

TEST_F(cli_arguments, send_posts_its_input_as_it_is) {
  const std::string text("a\0b\nlast", 8);
  input(text);
  EXPECT_EQ(call({"send", "inbox"}), success);
  EXPECT_EQ(get("inbox"), text);
}

TEST_F(cli_arguments, send_refuses_an_input_that_is_empty_or_too_long) {
  EXPECT_EQ(call({"send", "inbox"}), failed);
  EXPECT_NE(err().find("--empty"), std::string::npos);
  input(std::string(1044481, 'x'));
  EXPECT_EQ(call({"send", "inbox"}), failed);
  EXPECT_NE(err().find("1044480"), std::string::npos);
  EXPECT_EQ(get("inbox"), "");
}

TEST_F(cli_arguments, send_cuts_its_input_at_lines_objects_and_nuls) {
  input("one\ntwo\n");
  EXPECT_EQ(call({"send", "inbox", "--lines"}), success);
  EXPECT_EQ(get(".as/lines/inbox"), "one\ntwo\n");
  lseek(around_.in, 0, SEEK_SET);
  EXPECT_EQ(call({"send", "--json", "inbox"}), success);
  EXPECT_EQ(get(".as/json/inbox"), "one\ntwo\n");
  lseek(around_.in, 0, SEEK_SET);
  input(std::string("1\0002\0003456\0", 9));
  EXPECT_EQ(call({"send", "-0", "inbox"}), success);
  EXPECT_EQ(get("inbox"), "123456");
}

TEST_F(cli_arguments, send_does_not_make_a_slot) {
  EXPECT_EQ(call({"send", "nobody", "x"}), failed);
  EXPECT_EQ(err(), "mailslot: there is no slot \"nobody\" (mailslot create nobody makes one)\n");
  EXPECT_FALSE(exists("nobody"));
  EXPECT_EQ(call({"send", "no/body", "x"}), failed);
  EXPECT_NE(err().find("create -p no/body"), std::string::npos) << err();
}

TEST_F(cli_arguments, create_makes_a_slot_once) {
  put(".info/new", "");
  EXPECT_EQ(call({"create", "new", "read_timeout=1500", "max_messages=3"}), success) << err();
  EXPECT_TRUE(exists("new"));
  EXPECT_EQ(get(".info/new"), "read_timeout=1500\nmax_messages=3\n");
  EXPECT_EQ(call({"create", "new"}), failed);
  EXPECT_NE(err().find("exists already"), std::string::npos);
  EXPECT_EQ(call({"create", "new", "--existing-ok"}), success);
}

TEST_F(cli_arguments, create_leaves_nothing_when_an_attribute_is_no_attribute) {
  EXPECT_EQ(call({"create", "new", "read_timeout"}), failed);
  EXPECT_NE(err().find("\"read_timeout\""), std::string::npos);
  EXPECT_FALSE(exists("new"));
  // There is no .info/new here: a refusal.
  EXPECT_EQ(call({"create", "new", "read_timeout=1"}), failed);
  EXPECT_FALSE(exists("new"));
}

TEST_F(cli_arguments, create_can_give_a_mode_and_make_directories) {
  EXPECT_EQ(call({"create", "-p", "--mode", "0640", "a/b/c"}), success) << err();
  struct stat st{};
  ASSERT_EQ(stat((root_ / "a/b/c").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777U, 0640U);
}

TEST_F(cli_arguments, rm_removes_slots_and_asked_for_directories) {
  put("d/x", "");
  EXPECT_EQ(call({"rm", "d"}), failed);
  EXPECT_NE(err().find("rm -r"), std::string::npos) << err();
  EXPECT_EQ(call({"rm", "-r", "d", "inbox"}), success);
  EXPECT_FALSE(exists("d"));
  EXPECT_FALSE(exists("inbox"));
  EXPECT_EQ(call({"rm", "inbox"}), failed);
  EXPECT_EQ(call({"rm", "-f", "inbox"}), success);
}

TEST_F(cli_arguments, info_shows_attributes_in_three_ways) {
  EXPECT_EQ(call({"info", "inbox"}), success);
  EXPECT_EQ(out(), get(".info/inbox"));
  EXPECT_EQ(call({"info", "inbox", "count", "read_timeout"}), success);
  EXPECT_EQ(out(), "2\nforever\n");
  EXPECT_EQ(call({"info", "--json", "inbox", "count", "read_timeout", "next_size"}), success);
  EXPECT_EQ(out(), "{\"count\":2,\"read_timeout\":\"forever\",\"next_size\":512}\n");
  EXPECT_EQ(call({"info", "inbox", "weight"}), failed);
  EXPECT_NE(err().find("there are max_message_size, read_timeout"), std::string::npos);
}

TEST_F(cli_arguments, set_writes_all_attributes_in_one_piece) {
  EXPECT_EQ(call({"set", "inbox", "full=drop-oldest", "ttl=5"}), success);
  EXPECT_EQ(get(".info/inbox").substr(0, 22), "full=drop-oldest\nttl=5");
  EXPECT_EQ(call({"set", "inbox", "full"}), wrong_usage);
}

TEST_F(cli_arguments, of_a_directory_get_a_hint_that_works) {
  EXPECT_EQ(call({"info", root_.string()}), failed);
  EXPECT_NE(err().find("(mailslot ls " + root_.string() + " shows"), std::string::npos) << err();
}

TEST_F(cli_arguments, ls_is_for_programs_without_a_terminal) {
  std::filesystem::remove_all(root_ / ".as");
  EXPECT_EQ(call({"ls", "inbox"}), success) << err();
  EXPECT_EQ(out().substr(0, 9), "2\t1536\t1\t");
  EXPECT_TRUE(out().ends_with("\tinbox\n")) << out();
}

TEST_F(cli_arguments, ls_is_for_people_with_a_terminal) {
  around_.out_is_terminal = true;
  EXPECT_EQ(call({"ls", "inbox"}), success) << err();
  EXPECT_EQ(out().substr(0, out().find('\n')), "COUNT  BYTES  READERS  OLDEST  NAME");
  EXPECT_NE(out().find("    2   1.5K        1"), std::string::npos) << out();
}

TEST_F(cli_arguments, peek_shows_what_waits) {
  EXPECT_EQ(call({"peek", "inbox"}), success) << err();
  EXPECT_EQ(out(), "first\nsecond");
  EXPECT_EQ(call({"peek", "--null", "inbox"}), success);
  EXPECT_EQ(out(), std::string("first\n\0\0second\0", 15));
  EXPECT_EQ(call({"peek", "--lines", "-n2", "inbox"}), success);
  EXPECT_EQ(out(), "first\n\n");
  EXPECT_EQ(call({"peek", "--json", "-n2", "inbox"}), success);
  EXPECT_EQ(out(), "{\"id\":1}\n{\"id\":2}\n");
}

TEST_F(cli_arguments, path_prints_the_file_for_any_form_of_name) {
  EXPECT_EQ(call({"path", R"(\\.\mailslot\a\b)", "c"}), success);
  EXPECT_EQ(out(), root_.string() + "/a/b\n" + root_.string() + "/c\n");
  EXPECT_EQ(call({"path", "--as", "file+wait", "jobs"}), success);
  EXPECT_EQ(out(), root_.string() + "/.as/file+wait/jobs\n");
  EXPECT_EQ(call({"path", "--info", "jobs"}), success);
  EXPECT_EQ(out(), root_.string() + "/.info/jobs\n");
}

TEST_F(cli_arguments, names_that_look_like_lists_or_options_are_names) {
  put("[a,b]", "");
  put("-x", "");
  EXPECT_EQ(call({"rm", "[a,b]", "--", "-x"}), success) << err();
  EXPECT_FALSE(exists("[a,b]"));
  EXPECT_FALSE(exists("-x"));
}

TEST_F(cli_arguments, recv_fails_with_a_status_of_its_own) {
  EXPECT_EQ(call({"recv", "nobody"}), recv_failed);
  EXPECT_NE(err().find("mailslot create nobody"), std::string::npos);
}

}  // namespace
}  // namespace mailslot::cli

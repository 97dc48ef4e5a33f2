// .info and .metrics: files whose text is made when they are read, and the mirror of the tree that .info is.
#include "tests/support/tree_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailslot::test {
namespace {

using testing::HasSubstr;

struct made_up_files : testing::Test {
  tree_world world{[] {
    tree_options o;
    o.root = {0777, 0, 0};
    return o;
  }()};
};

TEST_F(made_up_files, info_mirrors_the_tree_as_it_is_now) {
  ASSERT_FALSE(world.make_directory("dir"));
  ASSERT_FALSE(world.make_slot("dir/Box"));
  ASSERT_FALSE(world.make_link("link", "dir/Box"));
  EXPECT_EQ(world.list(".info"), "dir link");
  EXPECT_EQ(world.list(".info/dir"), "Box");
  EXPECT_TRUE(world.there(".info/DIR/box"));
  EXPECT_EQ(world.find(".info/link"), world.find("link"));
  ASSERT_FALSE(world.rename("dir/Box", "moved"));
  EXPECT_FALSE(world.there(".info/dir/Box"));
  EXPECT_TRUE(world.there(".info/moved"));
}

TEST_F(made_up_files, an_image_is_the_same_node_as_long_as_somebody_holds_it) {
  ASSERT_FALSE(world.make_slot("box"));
  const node_ref held = world.find(".info/box");
  EXPECT_EQ(world.find(".info/BOX"), held);
  EXPECT_NE(held->number(), world.find("box")->number());
  EXPECT_EQ(held->slot_behind(), world.find("box")->slot_behind());
}

TEST_F(made_up_files, info_has_a_text_about_the_daemon_that_no_slot_can_hide) {
  EXPECT_EQ(world.read_text(".info/.config"), "about = \"all\"\n");
  EXPECT_EQ(world.list(".info"), "");
  EXPECT_EQ(world.make_slot(".config"), errc::bad_name);
  EXPECT_EQ(world.open(".info/.config", access::write), nullptr);  // this one only reads
  EXPECT_EQ(world.remove(".info/.config", root_user), errc::not_permitted);
  ASSERT_FALSE(world.make_directory("dir"));
  ASSERT_FALSE(world.make_slot("dir/.config"));
  EXPECT_THAT(world.read_text(".info/dir/.config"), HasSubstr("max_messages="));
}

TEST_F(made_up_files, images_do_not_pile_up) {
  for (int i = 0; i < 1000; ++i) {
    ASSERT_FALSE(world.make_slot("box"));
    ASSERT_TRUE(world.there(".info/box"));
    ASSERT_FALSE(world.remove("box"));
  }
  EXPECT_EQ(world.list(".info"), "");
}

TEST_F(made_up_files, nothing_is_made_or_removed_in_a_mirror) {
  ASSERT_FALSE(world.make_slot("box"));
  EXPECT_EQ(world.make_slot(".info/new", root_user), errc::not_permitted);
  EXPECT_EQ(world.make_directory(".info/new", root_user), errc::not_permitted);
  EXPECT_EQ(world.remove(".info/box", root_user), errc::not_permitted);
  EXPECT_EQ(world.rename(".info/box", ".info/new", root_user), errc::not_permitted);
  EXPECT_EQ(world.rename("box", ".info/new", root_user), errc::not_permitted);
}

TEST_F(made_up_files, info_belongs_to_the_owner_of_the_slot_and_is_read_by_whoever_may_open_it) {
  ASSERT_FALSE(world.make_slot("box", bob));
  const auto mode_for = [&](mode_t slot_mode) {
    attribute_change c;
    c.mode = slot_mode;
    EXPECT_FALSE(world.names.change(*world.find("box"), c, {}, world.now));
    const auto a = world.names.stat(*world.find(".info/box"), world.now);
    EXPECT_EQ(a.owner.uid, bob.uid);
    return a.owner.mode;
  };
  EXPECT_EQ(mode_for(0622), 0644U);
  EXPECT_EQ(mode_for(0600), 0600U);
  EXPECT_EQ(mode_for(0640), 0640U);
  EXPECT_EQ(mode_for(0602), 0604U);
  EXPECT_EQ(mode_for(0000), 0600U);
  EXPECT_EQ(mode_for(0111), 0600U);
}

TEST_F(made_up_files, info_shows_what_was_set_and_what_is_counted) {
  ASSERT_FALSE(world.make_slot("box"));
  ASSERT_FALSE(world.write_text(".info/box", "max_messages = 7\n\n read_timeout=forever\n"));
  ASSERT_FALSE(world.post("box", "hello"));
  const auto text = world.read_text(".info/box");
  for (const char* line :
       {"max_messages=7\n", "read_timeout=forever\n", "count=1\n", "bytes=5\n", "next_size=5\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(made_up_files, info_takes_all_lines_or_none_and_only_from_the_owner) {
  ASSERT_FALSE(world.make_slot("box", alice));
  EXPECT_EQ(world.write_text(".info/box", "max_messages=7\nttl=soon\n"), errc::bad_value);
  EXPECT_EQ(world.write_text(".info/box", "max_messages=7\ncount=1\n"), errc::not_permitted);
  EXPECT_EQ(world.write_text(".info/box", "max_messages=7\n", bob), errc::not_owner);
  EXPECT_THAT(world.read_text(".info/box"), HasSubstr("max_messages=65536\n"));
  EXPECT_FALSE(world.write_text(".info/box", "max_messages=7\n", root_user));
  EXPECT_THAT(world.read_text(".info/box"), HasSubstr("max_messages=7\n"));
}

TEST_F(made_up_files, info_works_for_who_has_it_open_after_the_slot_is_removed) {
  ASSERT_FALSE(world.make_slot("box"));
  const auto opened = world.open(".info/box", access::read);
  ASSERT_FALSE(world.remove("box"));
  recorded_answer answer;
  opened->read({.room = 10'000, .now = world.now}, answer);
  EXPECT_THAT(answer.text(), HasSubstr("count=0\n"));
}

TEST_F(made_up_files, a_text_read_in_pieces_is_one_text) {
  ASSERT_FALSE(world.make_slot("box"));
  const auto opened = world.open(".info/box", access::read);
  recorded_answer whole, first, second, end;
  opened->read({.offset = 0, .room = 100'000, .now = world.now}, whole);
  opened->read({.offset = 0, .room = 10, .now = world.now}, first);
  ASSERT_FALSE(world.post("box", "it changes meanwhile"));
  opened->read({.offset = 10, .room = 100'000, .now = world.now}, second);
  opened->read({.offset = 1'000'000, .room = 10, .now = world.now}, end);
  EXPECT_EQ(first.text() + second.text(), whole.text());
  EXPECT_TRUE(end.end_of_file());
}

TEST_F(made_up_files, metrics_count_everything_and_each_slot) {
  ASSERT_FALSE(world.make_directory("dir"));
  ASSERT_FALSE(world.make_slot("dir/box"));
  ASSERT_FALSE(world.post("dir/box", "hello"));
  ASSERT_FALSE(world.post("dir/box", "you"));
  world.slot_at("dir/box").content().take(world.now);
  const auto text = world.read_text(".metrics");
  for (const char* line :
       {"mailslot_names 2\n", "mailslot_posted_total 2\n", "mailslot_taken_total 1\n",
        "mailslot_slot_messages{slot=\"dir/box\"} 1\n", "mailslot_slot_bytes{slot=\"dir/box\"} 3\n",
        "mailslot_slot_posted_total{slot=\"dir/box\"} 2\n", "mailslot_slot_taken_total{slot=\"dir/box\"} 1\n",
        "mailslot_slot_dropped_total{slot=\"dir/box\"} 0\n",
        "mailslot_slot_expired_total{slot=\"dir/box\"} 0\n", "mailslot_slot_waiting{slot=\"dir/box\"} 0\n",
        "# TYPE mailslot_slot_messages gauge\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_EQ(text.back(), '\n');
}

TEST_F(made_up_files, metrics_say_of_each_metric_once_what_it_is) {
  for (const char* name : {"a", "b", "c"}) ASSERT_FALSE(world.make_slot(name));
  const auto text = world.read_text(".metrics");
  const std::string_view help = "# HELP mailslot_slot_bytes ";
  const auto first = text.find(help);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find(help, first + 1), std::string::npos);
}

TEST_F(made_up_files, metrics_are_for_whoever_owns_the_mount_and_cannot_be_written) {
  const auto a = world.names.stat(*world.find(".metrics"), world.now);
  EXPECT_EQ(a.owner.mode, 0440U);
  EXPECT_EQ(a.owner.uid, 0U);
  EXPECT_EQ(world.open(".metrics", access::write), nullptr);
}

TEST(metrics_labels, are_escaped_so_that_every_name_can_be_read) {
  EXPECT_EQ(escaped_label("plain/name"), "plain/name");
  EXPECT_EQ(escaped_label("say \"hi\""), "say \\\"hi\\\"");
  EXPECT_EQ(escaped_label("a\\b"), "a\\\\b");
  EXPECT_EQ(escaped_label("a\nb"), "a\\nb");
  EXPECT_EQ(escaped_label("\xc3\xa9"), "\xc3\xa9");
  EXPECT_EQ(escaped_label("\xff\xc3\xa9"),
            "\\\\xff\\\\xc3\\\\xa9");  // not UTF-8, which would spoil the whole text
}

}  // namespace
}  // namespace mailslot::test

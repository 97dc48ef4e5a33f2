// Making, finding, renaming and removing names, by whom it may be done, and what the kernel has to be told.
#include "fs/tree/tree.h"

#include "tests/support/tree_world.h"

#include <gtest/gtest.h>

namespace mailslot::test {
namespace {

tree_options with(auto change) {
  tree_options o;
  o.root = {0777, 0, 0};
  change(o);
  return o;
}

struct a_tree : testing::Test {
  tree_world world{with([](auto&) {})};
};

// --- making ---

TEST_F(a_tree, makes_a_slot_that_belongs_to_its_maker_with_the_mode_of_the_mount) {
  ASSERT_FALSE(world.make_slot("inbox", bob));
  const auto a = world.names.stat(*world.find("inbox"), world.now);
  EXPECT_EQ(a.owner.uid, bob.uid);
  EXPECT_EQ(a.owner.gid, bob.gid);
  EXPECT_EQ(a.owner.mode, 0622U);
  EXPECT_EQ(a.size, 0U);
  EXPECT_EQ(a.links, 1U);
  EXPECT_EQ(world.names.made(), 1U);
}

TEST_F(a_tree, gives_a_new_slot_the_settings_of_the_mount) {
  tree_world other(with([](auto& o) {
    o.defaults.read_timeout = forever;
    o.slot_mode = 0600;
  }));
  ASSERT_FALSE(other.make_slot("inbox"));
  EXPECT_EQ(other.slot_at("inbox").content().current_settings().read_timeout, forever);
  EXPECT_EQ(other.names.stat(*other.find("inbox"), other.now).owner.mode, 0600U);
}

TEST_F(a_tree, makes_nothing_twice_in_whatever_letter_case) {
  ASSERT_FALSE(world.make_slot("Inbox"));
  EXPECT_EQ(world.make_slot("INBOX"), errc::name_taken);
  EXPECT_EQ(world.make_directory("inbox"), errc::name_taken);
  EXPECT_EQ(world.make_link("inBox", "x"), errc::name_taken);
  EXPECT_EQ(world.list(), "Inbox");
}

TEST_F(a_tree, sends_those_who_would_open_what_another_has_just_made_back_to_look_again) {
  ASSERT_FALSE(world.make_slot("inbox", alice));
  EXPECT_EQ(world.make_slot("Inbox", bob, {.exclusive = false}), errc::stale);
  EXPECT_EQ(world.make_slot("Inbox", bob, {.exclusive = false, .writer = true}), errc::stale);
  EXPECT_EQ(world.make_slot("Inbox", bob, {.exclusive = true}), errc::name_taken);
}

TEST_F(a_tree, makes_nothing_for_writers_who_expect_a_slot_unless_told_to) {
  EXPECT_EQ(world.make_slot("mistyped", alice, {.exclusive = false, .writer = true}), errc::no_such_name);
  EXPECT_FALSE(world.make_slot("wanted", alice, {.exclusive = true, .writer = true}));
  EXPECT_FALSE(world.make_slot("opened", alice, {.exclusive = false, .writer = false}));
  tree_world generous(with([](auto& o) { o.writers_create = true; }));
  EXPECT_FALSE(generous.make_slot("new", alice, {.exclusive = false, .writer = true}));
}

TEST_F(a_tree, keeps_reserved_names_free) {
  for (const char* reserved : {".info", ".anything", "@HOST"}) {
    EXPECT_EQ(world.make_slot(reserved, root_user), errc::bad_name) << reserved;
    EXPECT_EQ(world.make_directory(reserved, root_user), errc::bad_name) << reserved;
    EXPECT_EQ(world.make_link(reserved, "x", root_user), errc::bad_name) << reserved;
    EXPECT_EQ(world.remove(reserved, root_user), errc::not_permitted) << reserved;
    EXPECT_EQ(world.rename(reserved, "x", root_user), errc::not_permitted) << reserved;
  }
  ASSERT_FALSE(world.make_slot("x"));
  EXPECT_EQ(world.rename("x", ".info"), errc::bad_name);
  ASSERT_FALSE(world.make_directory("dir"));
  EXPECT_FALSE(world.make_slot("dir/.info"));
}

TEST_F(a_tree, is_bounded_in_number_over_slots_directories_and_symlinks) {
  tree_world small(with([](auto& o) { o.max_slots = 3; }));
  EXPECT_FALSE(small.make_slot("a"));
  EXPECT_FALSE(small.make_directory("b"));
  EXPECT_FALSE(small.make_link("c", "a"));
  EXPECT_EQ(small.make_slot("d"), errc::too_many_slots);
  EXPECT_EQ(small.make_directory("d"), errc::too_many_slots);
  EXPECT_EQ(small.make_link("d", "a"), errc::too_many_slots);
  EXPECT_FALSE(small.remove("a"));
  EXPECT_FALSE(small.make_slot("d"));
}

TEST_F(a_tree, is_bounded_in_depth_by_making_and_by_renaming) {
  std::string path;
  for (std::size_t i = 0; i < deepest; ++i) {
    path += path.empty() ? "d" : "/d";
    ASSERT_FALSE(world.make_directory(path)) << i;
  }
  EXPECT_EQ(world.make_directory(path + "/d"), errc::name_too_long);
  EXPECT_FALSE(world.make_slot(path + "/slot"));
  ASSERT_FALSE(world.make_directory("other"));
  ASSERT_FALSE(world.make_directory("other/inner"));
  EXPECT_EQ(world.rename("other", path + "/other"), errc::name_too_long);
  const std::string one_up = path.substr(0, path.size() - 2);
  EXPECT_EQ(world.rename("other", one_up + "/other"), errc::name_too_long);  // it has a level itself
  EXPECT_FALSE(world.rename("other/inner", one_up + "/inner"));
}

TEST_F(a_tree, makes_nothing_in_a_slot_in_a_removed_directory_and_after_its_end) {
  ASSERT_FALSE(world.make_slot("slot"));
  EXPECT_EQ(world.make_slot("slot/x"), errc::not_a_directory);
  ASSERT_FALSE(world.make_directory("dir"));
  const node_ref removed = world.find("dir");
  ASSERT_FALSE(world.remove("dir", alice, tree::removal::directory));
  EXPECT_EQ(tree_world::error_of(world.names.make_slot(*removed, "x", {}, alice, world.now)),
            errc::no_such_name);
  world.names.shut_down();
  EXPECT_EQ(world.make_slot("late"), errc::no_such_name);
}

// --- finding ---

TEST_F(a_tree, finds_in_any_letter_case_and_keeps_the_spelling) {
  ASSERT_FALSE(world.make_slot("InBox"));
  EXPECT_EQ(world.find("inbox"), world.find("INBOX"));
  EXPECT_TRUE(world.there("inbox"));
  EXPECT_EQ(world.list(), "InBox");
}

TEST_F(a_tree, lets_the_kernel_remember_only_what_it_asked_for_as_it_is_spelled) {
  ASSERT_FALSE(world.make_slot("InBox"));
  EXPECT_TRUE(world.names.lookup(*world.names.root(), "InBox", world.now)->exact);
  EXPECT_FALSE(world.names.lookup(*world.names.root(), "inbox", world.now)->exact);
  EXPECT_FALSE(world.names.lookup(*world.names.root(), ".info", world.now)->exact);
  EXPECT_FALSE(world.names.lookup(*world.find(".info"), "InBox", world.now)->exact);
}

TEST_F(a_tree, tells_letter_case_apart_when_asked_to) {
  tree_world exact(with([](auto& o) { o.names = letter_case::exact; }));
  ASSERT_FALSE(exact.make_slot("box"));
  ASSERT_FALSE(exact.make_slot("BOX"));
  EXPECT_NE(exact.find("box"), exact.find("BOX"));
  EXPECT_FALSE(exact.there("Box"));
}

TEST_F(a_tree, refuses_to_look_for_what_cannot_be) {
  const auto look = [&](std::string_view name) {
    return tree_world::error_of(world.names.lookup(*world.names.root(), name, world.now));
  };
  EXPECT_EQ(look("nothing"), errc::no_such_name);
  EXPECT_EQ(look(std::string(256, 'x')), errc::name_too_long);
  ASSERT_FALSE(world.make_slot("slot"));
  EXPECT_EQ(tree_world::error_of(world.names.lookup(*world.find("slot"), "x", world.now)),
            errc::not_a_directory);
}

TEST_F(a_tree, asks_whoever_answers_for_a_first_letter) {
  tree_options how;
  tree_world other(how);
  std::string asked;
  other.names.reserve_prefix('@', [&](std::string_view name, moment) -> expected<node_ref> {
    asked = name;
    return refuse(errc::no_such_name);
  });
  EXPECT_FALSE(other.there("@HOST"));
  EXPECT_EQ(asked, "@HOST");
}

// --- removing ---

TEST_F(a_tree, lets_the_owner_of_a_slot_of_its_directory_and_root_remove_it) {
  ASSERT_FALSE(world.make_directory("alices", alice));
  for (const auto& [who, refused] : {std::pair(bob, std::error_code()), std::pair(alice, std::error_code()),
                                     std::pair(root_user, std::error_code()),
                                     std::pair(credentials{1002, 100}, make_error_code(errc::not_owner))}) {
    if (!world.there("alices/bobs")) {
      ASSERT_FALSE(world.make_slot("alices/bobs", bob));
    }
    EXPECT_EQ(world.remove("alices/bobs", who), refused) << who.uid;
  }
  EXPECT_EQ(world.rename("alices/bobs", "taken", credentials{1002, 100}), errc::not_owner);
  // Alice owns nothing here, though everybody may make slots.
  ASSERT_FALSE(world.make_slot("open", bob));
  EXPECT_EQ(world.remove("open", alice), errc::not_owner);
  ASSERT_FALSE(world.make_slot("mine", alice));
  EXPECT_EQ(world.rename("mine", "open", alice), errc::not_owner);
}

TEST_F(a_tree, removes_files_as_files_and_directories_as_directories_when_empty) {
  ASSERT_FALSE(world.make_directory("dir"));
  ASSERT_FALSE(world.make_slot("dir/slot"));
  EXPECT_EQ(world.remove("dir"), errc::is_a_directory);
  EXPECT_EQ(world.remove("dir/slot", alice, tree::removal::directory), errc::not_a_directory);
  EXPECT_EQ(world.remove("dir", alice, tree::removal::directory), errc::directory_not_empty);
  EXPECT_EQ(world.remove("nothing"), errc::no_such_name);
  EXPECT_FALSE(world.remove("dir/slot"));
  EXPECT_FALSE(world.remove("dir", alice, tree::removal::directory));
  EXPECT_EQ(world.names.made(), 0U);
}

TEST_F(a_tree, tells_the_kernel_when_a_name_goes_by_another_spelling_than_it_may_remember) {
  ASSERT_FALSE(world.make_slot("box"));
  ASSERT_FALSE(world.remove("box"));
  EXPECT_EQ(world.names_told, 0);  // it knows
  ASSERT_FALSE(world.make_slot("box"));
  ASSERT_FALSE(world.remove("BOX"));
  EXPECT_EQ(world.names_told, 1);
}

TEST_F(a_tree, ends_the_reads_that_wait_at_a_removed_slot) {
  ASSERT_FALSE(world.make_slot("box"));
  ASSERT_FALSE(world.write_text(".info/box", "read_timeout=forever"));
  const auto in = world.open("box", access::read);
  recorded_answer answer;
  in->read({.room = 10, .now = world.now}, answer);
  ASSERT_TRUE(answer.waits());
  ASSERT_FALSE(world.remove("box"));
  EXPECT_TRUE(answer.end_of_file());
}

TEST_F(a_tree, ends_all_reads_that_wait_when_it_is_shut_down) {
  ASSERT_FALSE(world.make_directory("dir"));
  ASSERT_FALSE(world.make_slot("dir/box"));
  ASSERT_FALSE(world.write_text(".info/dir/box", "read_timeout=forever"));
  const auto in = world.open("dir/box", access::read);
  recorded_answer answer, late;
  in->read({.room = 10, .now = world.now}, answer);
  ASSERT_TRUE(answer.waits());
  world.names.shut_down();
  EXPECT_TRUE(answer.end_of_file());
  in->read({.room = 10, .now = world.now}, late);
  EXPECT_TRUE(late.end_of_file());
}

// --- renaming ---

TEST_F(a_tree, renames_and_replaces) {
  ASSERT_FALSE(world.make_slot("a"));
  ASSERT_FALSE(world.make_slot("b"));
  ASSERT_FALSE(world.post("a", "from a"));
  const node_ref gone = world.find("b");
  EXPECT_EQ(world.rename("a", "b", alice, false), errc::name_taken);
  EXPECT_FALSE(world.rename("a", "b"));
  EXPECT_EQ(world.list(), "b");
  EXPECT_EQ(world.slot_at("b").content().take(world.now)->text(), "from a");
  EXPECT_TRUE(gone->slot_behind()->content().unlinked());
  EXPECT_EQ(world.names.made(), 1U);
  EXPECT_EQ(world.names_told, 0);
}

TEST_F(a_tree, changes_a_spelling) {
  ASSERT_FALSE(world.make_slot("box"));
  EXPECT_FALSE(world.rename("box", "Box"));
  EXPECT_EQ(world.list(), "Box");
  EXPECT_EQ(world.names.made(), 1U);
  EXPECT_FALSE(world.slot_at("box").content().unlinked());
}

TEST_F(a_tree, tells_the_kernel_when_a_rename_touches_another_spelling) {
  ASSERT_FALSE(world.make_slot("a"));
  ASSERT_FALSE(world.make_slot("b"));
  EXPECT_FALSE(world.rename("A", "c"));
  EXPECT_EQ(world.names_told, 1);
  EXPECT_FALSE(world.rename("c", "B"));  // replaces "b"
  EXPECT_EQ(world.names_told, 2);
}

TEST_F(a_tree, does_not_mix_up_files_and_directories_when_renaming) {
  ASSERT_FALSE(world.make_slot("slot"));
  ASSERT_FALSE(world.make_directory("dir"));
  ASSERT_FALSE(world.make_directory("full"));
  ASSERT_FALSE(world.make_slot("full/slot"));
  EXPECT_EQ(world.rename("slot", "dir"), errc::is_a_directory);
  EXPECT_EQ(world.rename("dir", "slot"), errc::not_a_directory);
  EXPECT_EQ(world.rename("dir", "full"), errc::directory_not_empty);
  EXPECT_EQ(world.rename("full", "full/inner"), errc::cannot_move_there);
  EXPECT_EQ(world.rename("nothing", "x"), errc::no_such_name);
  EXPECT_FALSE(world.rename("full", "dir"));
  EXPECT_EQ(world.list(), "dir slot");
  EXPECT_EQ(world.list("dir"), "slot");
  EXPECT_EQ(world.names.made(), 3U);
}

TEST_F(a_tree, counts_the_directories_in_a_directory_for_stat) {
  const auto links = [&](std::string_view path) {
    return world.names.stat(*world.find(path), world.now).links;
  };
  ASSERT_FALSE(world.make_directory("a"));
  ASSERT_FALSE(world.make_directory("b"));
  ASSERT_FALSE(world.make_directory("a/inner"));
  ASSERT_FALSE(world.make_slot("a/slot"));
  EXPECT_EQ(links("a"), 3U);
  ASSERT_FALSE(world.rename("a/inner", "b/inner"));
  EXPECT_EQ(links("a"), 2U);
  EXPECT_EQ(links("b"), 3U);
}

TEST_F(a_tree, knows_the_path_of_what_is_in_it) {
  ASSERT_FALSE(world.make_directory("a"));
  ASSERT_FALSE(world.make_slot("a/b"));
  const node_ref b = world.find("a/b");
  EXPECT_EQ(world.names.path_of(*b->slot_behind()), "a/b");
  ASSERT_FALSE(world.remove("a/b"));
  EXPECT_EQ(world.names.path_of(*b->slot_behind()), std::nullopt);
}

// --- attributes ---

TEST_F(a_tree, shows_the_times_of_messages_as_those_of_the_file) {
  ASSERT_FALSE(world.make_slot("box"));
  const auto made = world.now;
  world.now += 1s;
  ASSERT_FALSE(world.post("box", "x"));
  auto a = world.names.stat(*world.find("box"), world.now);
  EXPECT_EQ(a.modified, made + 1s);
  EXPECT_EQ(a.accessed, made);
  world.now += 1s;
  world.slot_at("box").content().take(world.now);
  a = world.names.stat(*world.find("box"), world.now);
  EXPECT_EQ(a.accessed, made + 2s);
  EXPECT_EQ(a.changed, made);
}

TEST_F(a_tree, changes_owner_mode_and_times) {
  ASSERT_FALSE(world.make_slot("box"));
  world.now += 1s;
  attribute_change change;
  change.mode = S_IFREG | 0640U;
  change.uid = 7;
  change.gid = 8;
  change.modified = moment(5s);
  change.accessed = moment(6s);
  ASSERT_FALSE(world.names.change(*world.find("box"), change, {}, world.now));
  const auto a = world.names.stat(*world.find("box"), world.now);
  EXPECT_EQ(a.owner.mode, 0640U);
  EXPECT_EQ(a.owner.uid, 7U);
  EXPECT_EQ(a.owner.gid, 8U);
  EXPECT_EQ(a.modified, moment(5s));
  EXPECT_EQ(a.accessed, moment(6s));
  EXPECT_EQ(a.changed, world.now);
}

TEST_F(a_tree, lets_only_the_owner_and_root_change_settings) {
  ASSERT_FALSE(world.make_slot("box", alice));
  const auto set_limit = [&](const credentials& who, std::uint32_t limit) {
    return world.names.configure(
        world.slot_at("box"),
        [limit](settings& s) {
          s.max_messages = limit;
          return std::error_code();
        },
        who, world.now);
  };
  EXPECT_FALSE(set_limit(alice, 1));
  EXPECT_FALSE(set_limit(root_user, 2));
  EXPECT_EQ(set_limit(bob, 3), errc::not_owner);
  EXPECT_EQ(world.slot_at("box").content().current_settings().max_messages, 2U);
  EXPECT_EQ(world.attributes_told.size(), 2U);
}

// --- slots that live as long as their readers ---

TEST_F(a_tree, forgets_a_slot_with_its_last_reader_and_tells_the_kernel) {
  ASSERT_FALSE(world.make_slot("box"));
  ASSERT_FALSE(world.write_text(".info/box", "lifetime=handle"));
  auto first = world.open("box", access::read);
  auto second = world.open("box", access::both);
  const auto writer = world.open("box", access::write);
  const auto number = world.find("box")->number();
  world.attributes_told.clear();
  first.reset();
  EXPECT_TRUE(world.there("box"));
  world.now += 1s;
  second.reset();
  EXPECT_FALSE(world.there("box"));
  EXPECT_EQ(world.names_told, 1);
  EXPECT_EQ(world.attributes_told, (std::vector<std::uint64_t>{number, world.names.root()->number()}));
  EXPECT_EQ(world.names.made(), 0U);
  const sender by{1000, 100, 1, {}};
  EXPECT_EQ(tree_world::error_of(writer->write({0, by, world.now}, as_bytes("x"))), errc::slot_closed);
  EXPECT_FALSE(world.make_slot("box"));  // and the name is free
}

// The adapter's answers keep the open file: with a reader who closed as soon as it was told, the answer is
// what keeps it last.
class answer_that_keeps_its_handle final : public read_answer {
 public:
  explicit answer_that_keeps_its_handle(std::unique_ptr<handle> of) : of_(std::move(of)) {}
  bool data(bytes_view) noexcept override { return true; }
  void failed(std::error_code) noexcept override {}
  std::unique_ptr<read_answer> wait(wants_signals&) override {
    return std::make_unique<answer_that_keeps_its_handle>(std::move(of_));
  }

 private:
  std::unique_ptr<handle> of_;
};

TEST_F(a_tree, ends_though_the_last_reader_of_a_slot_closes_in_the_middle_of_it) {
  ASSERT_FALSE(world.make_slot("box"));
  ASSERT_FALSE(world.write_text(".info/box", "lifetime=handle\nread_timeout=forever"));
  auto reader = world.open("box", access::read);
  handle& h = *reader;
  answer_that_keeps_its_handle answer(std::move(reader));
  h.read({.room = 100, .now = world.now}, answer);
  ASSERT_EQ(world.slot_at("box").content().count(world.now).waiting, 1U);
  world.names.shut_down();
  EXPECT_FALSE(world.there("box"));
}

TEST_F(a_tree, forgets_a_slot_under_the_name_that_it_has_by_then) {
  ASSERT_FALSE(world.make_slot("box"));
  ASSERT_FALSE(world.write_text(".info/box", "lifetime=handle"));
  auto reader = world.open("box", access::read);
  ASSERT_FALSE(world.rename("box", "renamed"));
  ASSERT_FALSE(world.make_slot("box"));
  reader.reset();
  EXPECT_EQ(world.list(), "box");
  // One that was removed already is not removed twice.
  ASSERT_FALSE(world.write_text(".info/box", "lifetime=handle"));
  auto again = world.open("box", access::read);
  ASSERT_FALSE(world.remove("box"));
  ASSERT_FALSE(world.make_slot("box"));
  again.reset();
  EXPECT_EQ(world.list(), "box");
}

}  // namespace
}  // namespace mailslot::test

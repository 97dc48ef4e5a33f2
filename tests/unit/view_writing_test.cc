// Writing a slot through views: many messages a write, what a refusal leaves, what close commits, and who
// pays for what is not yet a message.
#include "tests/support/view_world.h"

#include <gtest/gtest.h>

namespace mailslot {
namespace {

using namespace std::chrono_literals;
using test::recorded_answer;
using test::texts;

struct a_writer : testing::Test, test::view_world {
  using test::view_world::view_world;
  void limit(settings s) { inbox->change(s, now); }
};

struct a_writer_with_a_quota : a_writer {
  a_writer_with_a_quota() : a_writer(0, 10'000) {}
};

// --- many messages in one write

TEST_F(a_writer, of_lines_posts_each_line_and_the_tail_on_close) {
  auto h = open("lines", access::write);
  EXPECT_TRUE(h->wants_flush());
  EXPECT_EQ(write(*h, "one\ntwo\nth"), 10U);
  EXPECT_EQ(waiting(), (texts{"one\n", "two\n"}));
  EXPECT_EQ(write(*h, "ree\nta"), 6U);
  EXPECT_EQ(write(*h, "il"), 2U);
  EXPECT_EQ(waiting(), (texts{"one\n", "two\n", "three\n"}));
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), (texts{"one\n", "two\n", "three\n", "tail"}));
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting().size(), 4U) << "posted once";
}

TEST_F(a_writer, wakes_the_readers_who_wait_one_message_each) {
  auto first = open("wait");
  auto second = open("wait");
  recorded_answer one;
  recorded_answer two;
  read(*first, one);
  read(*second, two);
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "1\n2\n3\n"), 6U);
  EXPECT_EQ(one.text(), "1\n");
  EXPECT_EQ(two.text(), "2\n");
  EXPECT_EQ(waiting(), texts{"3\n"});
}

TEST_F(a_writer, wakes_a_reader_of_lines_with_as_many_as_came_and_fit) {
  auto first = open("lines+wait");
  auto second = open("lines+wait");
  recorded_answer one;
  recorded_answer two;
  read(*first, one, 0, 6);
  read(*second, two);
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "1\n2\n3\n4\n5\n"), 10U);
  EXPECT_EQ(one.text(), "1\n3\n4\n") << "the second of them went to the second who waited";
  EXPECT_EQ(two.text(), "2\n5\n");
  EXPECT_EQ(waiting(), texts{});
}

TEST_F(a_writer, may_read_what_it_wrote_through_the_same_handle) {
  auto h = open("lines+wait", access::both);
  recorded_answer answer;
  read(*h, answer);
  EXPECT_EQ(write(*h, "1\n2\n"), 4U);
  EXPECT_EQ(answer.text(), "1\n2\n");
  EXPECT_EQ(write(*h, "3\n"), 2U);
  EXPECT_EQ(reads(*h), "3\n");
}

// --- refusals in the middle

TEST_F(a_writer, gets_a_short_count_up_to_the_last_message_that_was_accepted) {
  limit({.max_messages = 2});
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "one\ntwo\nthree\n"), 8U);
  EXPECT_EQ(write(*h, "three\n").error(), errc::slot_full);
  EXPECT_EQ(waiting(), (texts{"one\n", "two\n"}));
  take(*inbox);
  EXPECT_EQ(write(*h, "three\n"), 6U) << "the same bytes again, as every program does";
  EXPECT_EQ(waiting(), (texts{"two\n", "three\n"}));
  EXPECT_EQ(flush(*h), std::error_code());
}

TEST_F(a_writer, may_repeat_the_end_of_a_message_that_was_begun_before) {
  limit({.max_messages = 1});
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "one\ntw"), 6U);
  EXPECT_EQ(write(*h, "o\nthree\n").error(), errc::slot_full);
  EXPECT_EQ(write(*h, "o\nthree\n").error(), errc::slot_full);
  EXPECT_EQ(take(*inbox), "one\n");
  EXPECT_EQ(write(*h, "o\nthree\n"), 2U);
  EXPECT_EQ(take(*inbox), "two\n");
  EXPECT_EQ(write(*h, "three\n"), 6U);
  EXPECT_EQ(take(*inbox), "three\n");
  EXPECT_EQ(flush(*h), std::error_code());
}

TEST_F(a_writer, that_gives_up_in_the_middle_of_a_message_posts_no_part_of_it_and_close_says_so) {
  limit({.max_messages = 1});
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "one\ntw"), 6U);
  EXPECT_EQ(write(*h, "o\n").error(), errc::slot_full);
  take(*inbox);
  EXPECT_EQ(flush(*h), errc::slot_full);
  EXPECT_EQ(waiting(), texts());
  EXPECT_EQ(write(*h, "new\n"), 4U);
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), texts{"new\n"});
}

TEST_F(a_writer, of_a_line_that_became_too_long_can_post_nothing_more_until_close) {
  limit({.max_message_size = 8});
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "ok\n123456"), 9U);
  EXPECT_EQ(write(*h, "789\n").error(), errc::message_too_long);
  EXPECT_EQ(write(*h, "\n").error(), errc::message_too_long) << "neither torn nor glued";
  EXPECT_EQ(flush(*h), errc::message_too_long);
  EXPECT_EQ(waiting(), texts{"ok\n"});
  EXPECT_EQ(write(*h, "fine\n"), 5U);
  EXPECT_EQ(waiting(), (texts{"ok\n", "fine\n"}));
}

TEST_F(a_writer, of_a_whole_line_that_is_too_long_may_go_on_with_the_next) {
  limit({.max_message_size = 4});
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "a\ntoo long\nb\n"), 2U);
  EXPECT_EQ(write(*h, "too long\nb\n").error(), errc::message_too_long);
  EXPECT_EQ(write(*h, "b\n"), 2U);
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), (texts{"a\n", "b\n"}));
}

TEST_F(a_writer, of_json_is_told_which_line_is_bad_by_the_count) {
  auto h = open("json", access::write);
  const std::string good = R"({"text":"a"})"
                           "\n";
  EXPECT_EQ(write(*h, good + "bad\n" + good), good.size());
  EXPECT_EQ(write(*h, "bad\n" + good).error(), errc::bad_value);
  EXPECT_EQ(write(*h, good), good.size());
  EXPECT_EQ(waiting(), (texts{"a", "a"}));
}

TEST_F(a_writer, of_frames_that_lost_step_posts_nothing_more_until_close) {
  auto h = open("frames", access::write);
  EXPECT_EQ(write(*h, std::string_view("\xFF\xFF", 2)), 2U);
  EXPECT_EQ(write(*h, "\xFF\xFF").error(), errc::message_too_long);
  EXPECT_EQ(write(*h, std::string_view("\0\0\0\1a", 5)).error(), errc::message_too_long);
  EXPECT_EQ(flush(*h), errc::message_too_long);
  EXPECT_EQ(write(*h, std::string_view("\0\0\0\1a", 5)), 5U);
  EXPECT_EQ(waiting(), texts{"a"});
}

TEST_F(a_writer, to_a_full_slot_that_drops_is_accepted) {
  limit({.max_messages = 2, .full = full_policy::drop_oldest});
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "1\n2\n3\n4\n"), 8U);
  EXPECT_EQ(waiting(), (texts{"3\n", "4\n"}));
  limit({.max_messages = 2, .full = full_policy::drop_newest});
  EXPECT_EQ(write(*h, "5\n6\n"), 4U);
  EXPECT_EQ(waiting(), (texts{"3\n", "4\n"}));
}

TEST_F(a_writer, to_a_slot_that_has_closed_is_told_so) {
  limit({.handle_lifetime = true});
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "begun"), 5U);
  open("lines").reset();
  EXPECT_EQ(write(*h, "\n").error(), errc::slot_closed);
  EXPECT_EQ(flush(*h), errc::slot_closed);
}

// --- file

TEST_F(a_writer, of_a_file_posts_one_message_on_close) {
  auto h = open("file", access::write);
  EXPECT_EQ(write(*h, "one\n"), 4U);
  EXPECT_EQ(write(*h, "two\n"), 4U);
  EXPECT_EQ(waiting(), texts());
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), texts{"one\ntwo\n"});
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting().size(), 1U);
  EXPECT_EQ(write(*h, "more"), 4U);
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), (texts{"one\ntwo\n", "more"}));
}

TEST_F(a_writer, of_a_file_that_writes_nothing_posts_nothing) {
  auto h = open("file", access::write);
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(flush(*h), std::error_code());
  h.reset();
  EXPECT_EQ(waiting(), texts());
}

TEST_F(a_writer, of_a_file_hears_from_close_that_the_slot_was_full_and_nothing_is_posted_later) {
  limit({.max_messages = 1});
  fill({"first"});
  auto h = open("file", access::write);
  EXPECT_EQ(write(*h, "second"), 6U);
  EXPECT_EQ(flush(*h), errc::slot_full);
  take(*inbox);
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), texts()) << "whoever heard of the error may have sent it again";
  EXPECT_EQ(memory.used(), 0U);
}

TEST_F(a_writer, of_a_file_that_is_too_long_posts_no_part_of_it) {
  limit({.max_message_size = 8});
  auto h = open("file", access::write);
  EXPECT_EQ(write(*h, "12345678"), 8U);
  EXPECT_EQ(write(*h, "9").error(), errc::message_too_long);
  EXPECT_EQ(flush(*h), errc::message_too_long);
  EXPECT_EQ(waiting(), texts());

  EXPECT_EQ(write(*h, "123456789").error(), errc::message_too_long)
      << "not even what comes after its first part";
  EXPECT_EQ(write(*h, "x").error(), errc::message_too_long);
  EXPECT_EQ(flush(*h), errc::message_too_long);
  EXPECT_EQ(waiting(), texts());
  EXPECT_EQ(write(*h, "fits"), 4U);
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), texts{"fits"});
}

TEST_F(a_writer, of_a_file_is_bounded_by_the_largest_message) {
  auto h = open("file", access::write);
  const std::string piece(131'072, 'x');
  std::size_t accepted = 0;
  expected<std::size_t> last = 0;
  while ((last = write(*h, piece))) accepted += *last;
  EXPECT_EQ(last.error(), errc::message_too_long);
  EXPECT_LE(accepted, largest_message);
  EXPECT_EQ(flush(*h), errc::message_too_long);
  EXPECT_EQ(memory.used(), 0U);
}

TEST_F(a_writer, that_is_killed_posts_nothing) {
  for (const auto* words : {"file", "lines", "frames", "json"}) {
    auto h = open(words, access::write);
    EXPECT_EQ(write(*h, std::string_view("\0\0", 2)), 2U) << words;
    EXPECT_EQ(flush(*h, true), std::error_code()) << words;
    EXPECT_EQ(flush(*h), std::error_code()) << words << ": the shell that waited closes its own";
    h.reset();
    EXPECT_EQ(waiting(), texts()) << words;
  }
  EXPECT_EQ(memory.used(), 0U);
}

TEST_F(a_writer, keeps_what_it_began_when_another_process_with_the_same_descriptor_is_killed) {
  auto h = open("file", access::write);
  EXPECT_EQ(write(*h, "mine"), 4U);
  const sender other{.uid = 1000, .gid = 100, .pid = 43};
  EXPECT_EQ(h->flush(other, true, now), std::error_code());
  EXPECT_EQ(waiting(), texts());
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), texts{"mine"});
}

TEST_F(a_writer, whose_handle_goes_without_a_close_posts_nothing) {
  auto h = open("file", access::write);
  EXPECT_EQ(write(*h, "lost with the handle"), 20U);
  EXPECT_GT(memory.used(), 0U);
  h.reset();
  EXPECT_EQ(waiting(), texts());
  EXPECT_EQ(memory.used(), 0U);
}

// --- who pays

TEST_F(a_writer_with_a_quota, pays_for_what_is_not_yet_a_message) {
  for (const auto* words : {"file", "lines"}) {
    auto h = open(words, access::write);
    EXPECT_EQ(write(*h, std::string(6000, 'x')), 6000U) << words;
    EXPECT_GE(memory.of(1000).used(), 6000U) << words;
    EXPECT_EQ(write(*h, std::string(6000, 'x')).error(), errc::user_over_quota) << words;
    EXPECT_EQ(flush(*h), errc::user_over_quota) << words;
    EXPECT_EQ(memory.used(), 0U) << words;
    EXPECT_EQ(waiting(), texts()) << words;
  }
}

TEST_F(a_writer_with_a_quota, can_fill_it_with_one_message) {
  auto h = open("file", access::write);
  for (int i = 0; i < 90; ++i) ASSERT_EQ(write(*h, std::string(100, 'x')), 100U) << i;
  EXPECT_EQ(flush(*h), std::error_code());
  EXPECT_EQ(waiting(), texts{std::string(9000, 'x')});
  EXPECT_EQ(memory.used(), message::cost(9000));
}

// --- what only reads, and what has no framing

TEST_F(a_writer, is_refused_where_a_view_only_reads) {
  for (const auto* words : {"peek", "tail", "json+peek", "lines+tail", "file+peek"}) {
    EXPECT_EQ(try_open(words, access::write).error(), errc::not_permitted) << words;
    EXPECT_EQ(try_open(words, access::both).error(), errc::not_permitted) << words;
    EXPECT_EQ(inbox->count(now).writers, 0U) << words;
  }
}

TEST_F(a_writer, is_refused_by_a_handle_that_only_reads) {
  for (const auto* words : {"file", "lines", "json", "wait", "strict", "tail"}) {
    auto h = open(words, access::read);
    EXPECT_EQ(write(*h, "x\n").error(), errc::access_denied) << words;
    EXPECT_FALSE(h->wants_flush()) << words;
    EXPECT_EQ(flush(*h), std::error_code()) << words;
  }
}

TEST_F(a_writer, with_wait_alone_writes_as_without_it) {
  auto h = open("wait", access::write);
  EXPECT_FALSE(h->wants_flush());
  EXPECT_EQ(write(*h, "a\nb"), 3U);
  const write_call rest{.offset = 3, .by = writer, .now = now};
  EXPECT_EQ(h->write(rest, as_bytes("c")), 1U) << "the rest of a long writev";
  EXPECT_EQ(waiting(), texts{"a\nbc"});
}

TEST_F(a_writer, of_lines_in_a_long_writev_goes_on_where_it_stood) {
  auto h = open("lines", access::write);
  EXPECT_EQ(write(*h, "a\nb"), 3U);
  const write_call rest{.offset = 3, .by = writer, .now = now};
  EXPECT_EQ(h->write(rest, as_bytes("c\n")), 2U);
  EXPECT_EQ(waiting(), (texts{"a\n", "bc\n"}));
}

}  // namespace
}  // namespace mailslot

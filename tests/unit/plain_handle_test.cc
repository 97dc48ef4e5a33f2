// A slot as one open(2) sees it: the cursor of read-only handles, streams, waiting, signals, readers that are
// gone, and that none of this loses a byte. Time moves by hand.
#include "fs/slot/plain_handle.h"

#include "tests/support/counting_poller.h"
#include "tests/support/slot_world.h"

#include <gtest/gtest.h>

#include <memory>

namespace mailslot::test {
namespace {

class plain_handle_test : public testing::Test {
 protected:
  slot_world world;
  slot_ref inbox = world.make_slot();
  const sender me{.uid = 1000, .gid = 100, .pid = 42};

  std::unique_ptr<plain_handle> open(access how) {
    return std::make_unique<plain_handle>(attendance::join(inbox, how, {}).value());
  }
  std::unique_ptr<plain_handle> open_to_read() { return open(access::read); }

  recorded_answer read(handle& from, std::uint64_t offset, std::size_t room = 100, bool nonblocking = false) {
    recorded_answer answer;
    from.read({.offset = offset, .room = room, .nonblocking = nonblocking, .now = world.now}, answer);
    EXPECT_LE(answer.answers(), 1);
    return answer;
  }
  expected<std::size_t> write(handle& to, std::string_view text, std::uint64_t offset = 0) {
    return to.write({.offset = offset, .by = me, .now = world.now}, as_bytes(text));
  }
  void post(std::string_view text) { ASSERT_FALSE(world.post(*inbox, text)); }
  void timeout(duration t) {
    auto s = inbox->current_settings();
    s.read_timeout = t;
    inbox->change(s, world.now);
  }
  figures count() { return inbox->count(world.now); }
};

// --- one read, one message ---

TEST_F(plain_handle_test, one_read_is_one_message) {
  post("one");
  post("two");
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0).text(), "one");
  EXPECT_EQ(read(*h, 3).text(), "two");
  EXPECT_TRUE(read(*h, 6).end_of_file());
}

TEST_F(plain_handle_test, a_small_buffer_gets_the_message_in_pieces_and_never_the_next_one_with_it) {
  post("abcdefg");
  post("hi");
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0, 3).text(), "abc");
  EXPECT_EQ(read(*h, 3, 3).text(), "def");
  EXPECT_EQ(read(*h, 6, 3).text(), "g");
  EXPECT_EQ(read(*h, 7, 3).text(), "hi");
  EXPECT_TRUE(read(*h, 9, 3).end_of_file());
}

TEST_F(plain_handle_test, an_empty_message_is_skipped) {
  post("");
  post("real");
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0).text(), "real");
}

TEST_F(plain_handle_test, an_empty_slot_ends_at_once_without_a_timeout) {
  const auto h = open_to_read();
  EXPECT_TRUE(read(*h, 0).end_of_file());
  post("later");
  EXPECT_EQ(read(*h, 0).text(), "later") << "end of file is not for ever";
}

TEST_F(plain_handle_test, a_nonblocking_read_says_that_it_would_wait) {
  timeout(forever);
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0, 100, true).error(), errc::would_wait);
  timeout(0s);
  EXPECT_EQ(read(*h, 0, 100, true).error(), errc::would_wait);
  EXPECT_TRUE(read(*h, 0).end_of_file()) << "O_NONBLOCK is looked at on every read";
}

// --- the cursor of a read-only handle ---

TEST_F(plain_handle_test, a_shell_that_reads_ahead_and_seeks_back_gets_line_by_line) {
  post("first\nsecond\nthird\n");
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0, 4096).text(), "first\nsecond\nthird\n");
  EXPECT_EQ(read(*h, 6, 4096).text(), "second\nthird\n");
  EXPECT_EQ(read(*h, 13, 4096).text(), "third\n");
  EXPECT_TRUE(read(*h, 19, 4096).end_of_file());
}

TEST_F(plain_handle_test, seeking_back_works_in_the_second_message_too) {
  post("ab\n");
  post("cd\nef\n");
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0).text(), "ab\n");
  EXPECT_EQ(read(*h, 3).text(), "cd\nef\n");
  EXPECT_EQ(read(*h, 6).text(), "ef\n");
  EXPECT_EQ(read(*h, 3).text(), "cd\nef\n");
  EXPECT_EQ(read(*h, 3, 2).text(), "cd");
  EXPECT_TRUE(read(*h, 9).end_of_file());
  EXPECT_EQ(count().taken, 2U);
}

TEST_F(plain_handle_test, before_the_current_message_is_nothing_that_could_be_read_again) {
  post("ab");
  post("cd");
  post("ef");
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0).text(), "ab");
  EXPECT_EQ(read(*h, 2).text(), "cd");
  EXPECT_EQ(read(*h, 0).text(), "ef")
      << "rewind means the next message, as for whoever reads a slot in a loop";
}

TEST_F(plain_handle_test, a_seek_forward_skips_no_byte_of_an_unfinished_message) {
  post("abcdef");
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0, 2).text(), "ab");
  EXPECT_EQ(read(*h, 100).text(), "abcdef");
  EXPECT_EQ(read(*h, 103).text(), "def");
  EXPECT_TRUE(read(*h, 106).end_of_file());
}

TEST_F(plain_handle_test, a_seek_within_the_message_may_skip) {
  post("abcdef");
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0, 1).text(), "a");
  EXPECT_EQ(read(*h, 4).text(), "ef");
  EXPECT_TRUE(read(*h, 6).end_of_file());
}

TEST_F(plain_handle_test, the_last_message_delivered_is_known_until_the_next_read) {
  post("x");
  const auto h = open_to_read();
  EXPECT_FALSE(h->last_delivered());
  read(*h, 0);
  EXPECT_EQ(h->last_delivered()->text(), "x");
  read(*h, 1);
  EXPECT_FALSE(h->last_delivered());
}

// --- what is not read to its end ---

TEST_F(plain_handle_test, a_message_that_was_not_read_to_its_end_goes_back_when_the_handle_closes) {
  post("abcdef");
  post("next");
  {
    const auto h = open_to_read();
    EXPECT_EQ(read(*h, 0, 3).text(), "abc");
    EXPECT_EQ(count().count, 1U);
  }
  EXPECT_EQ(count().count, 2U);
  EXPECT_EQ(count().taken, 0U);
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0).text(), "abcdef");
  EXPECT_EQ(read(*h, 6).text(), "next");
}

TEST_F(plain_handle_test, a_message_that_was_read_to_its_end_is_taken) {
  post("abcdef");
  {
    const auto h = open_to_read();
    read(*h, 0, 3);
    read(*h, 3, 3);
    read(*h, 0, 1);  // looked at once more
  }
  EXPECT_EQ(count().count, 0U);
  EXPECT_EQ(count().taken, 1U);
}

TEST_F(plain_handle_test, what_goes_back_at_close_wakes_a_reader_that_waits) {
  timeout(forever);
  post("abcdef");
  auto early = open_to_read();
  read(*early, 0, 3);
  const auto late = open_to_read();
  const auto answer = read(*late, 0);
  EXPECT_TRUE(answer.waits());
  early.reset();
  EXPECT_EQ(answer.text(), "abcdef");
}

TEST_F(plain_handle_test, bytes_for_a_reader_that_is_gone_are_not_lost) {
  post("precious");
  const auto h = open_to_read();
  recorded_answer gone;
  gone.go_away();
  h->read({.room = 100, .now = world.now}, gone);
  EXPECT_EQ(count().count, 1U);
  EXPECT_EQ(count().taken, 0U);
  EXPECT_EQ(read(*h, 0).text(), "precious");
}

TEST_F(plain_handle_test, the_rest_for_a_reader_that_is_gone_is_not_lost) {
  post("precious");
  {
    const auto h = open_to_read();
    EXPECT_EQ(read(*h, 0, 4).text(), "prec");
    recorded_answer gone;
    gone.go_away();
    h->read({.offset = 4, .room = 100, .now = world.now}, gone);
    EXPECT_TRUE(gone.answered());
  }
  EXPECT_EQ(world.take(*inbox), "precious");
}

// --- waiting ---

TEST_F(plain_handle_test, a_read_waits_for_a_message) {
  timeout(forever);
  const auto h = open_to_read();
  const auto answer = read(*h, 0);
  EXPECT_TRUE(answer.waits());
  EXPECT_EQ(count().waiting, 1U);
  post("at last");
  EXPECT_EQ(answer.text(), "at last");
  EXPECT_EQ(answer.answers(), 1);
  EXPECT_EQ(read(*h, 3).text(), "last") << "the cursor is where the read began";
}

TEST_F(plain_handle_test, a_waiting_read_with_a_small_buffer_gets_the_first_bytes_and_keeps_the_rest) {
  timeout(forever);
  const auto h = open_to_read();
  const auto answer = read(*h, 0, 2);
  post("abcd");
  EXPECT_EQ(answer.text(), "ab");
  EXPECT_EQ(read(*h, 2).text(), "cd");
}

TEST_F(plain_handle_test, a_timeout_is_end_of_file) {
  timeout(1500ms);
  const auto h = open_to_read();
  const auto answer = read(*h, 0);
  world.pass(1499ms);
  EXPECT_TRUE(answer.waits());
  world.pass(1ms);
  EXPECT_TRUE(answer.end_of_file());
  EXPECT_EQ(count().waiting, 0U);
  EXPECT_EQ(world.timers.next(), never);
}

TEST_F(plain_handle_test, a_message_before_the_deadline_takes_the_deadline_with_it) {
  timeout(1500ms);
  const auto h = open_to_read();
  const auto answer = read(*h, 0);
  post("in time");
  EXPECT_EQ(world.timers.next(), never);
  world.pass(1h);
  EXPECT_EQ(answer.answers(), 1);
}

TEST_F(plain_handle_test, a_changed_timeout_counts_for_later_reads_only) {
  timeout(1s);
  const auto h = open_to_read();
  const auto answer = read(*h, 0);
  timeout(forever);
  world.pass(1s);
  EXPECT_TRUE(answer.end_of_file());
  const auto later = read(*h, 0);
  world.pass(100h);
  EXPECT_TRUE(later.waits());
  inbox->unlink();
}

TEST_F(plain_handle_test, removal_of_the_slot_is_end_of_file) {
  timeout(forever);
  const auto h = open_to_read();
  const auto waits = read(*h, 0);
  inbox->unlink();
  EXPECT_TRUE(waits.end_of_file());
  EXPECT_TRUE(read(*h, 0).end_of_file());
  EXPECT_TRUE(read(*h, 0, 100, true).end_of_file()) << "nobody has to come back for more";
}

TEST_F(plain_handle_test, too_many_waiting_reads_are_refused_with_an_error) {
  world.shared.most_waiting = 0;
  timeout(1h);
  const auto h = open_to_read();
  EXPECT_EQ(read(*h, 0).error(), errc::too_many_waiting);
  EXPECT_EQ(world.timers.next(), never);
}

// --- signals ---

TEST_F(plain_handle_test, a_signal_ends_a_waiting_read_and_nothing_is_lost) {
  for (const auto t : {duration(1h), forever}) {
    timeout(t);
    const auto h = open_to_read();
    auto answer = read(*h, 0);
    answer.signal();
    EXPECT_EQ(answer.error(), errc::interrupted);
    EXPECT_EQ(world.timers.next(), never);
    post("kept");
    EXPECT_EQ(answer.answers(), 1);
    EXPECT_EQ(world.take(*inbox), "kept");
  }
}

TEST_F(plain_handle_test, a_signal_that_comes_while_the_read_is_put_aside_ends_it) {
  for (const auto t : {duration(1h), forever}) {
    timeout(t);
    const auto h = open_to_read();
    recorded_answer answer;
    answer.signal_when_parking();
    h->read({.room = 100, .now = world.now}, answer);
    EXPECT_EQ(answer.error(), errc::interrupted);
    EXPECT_EQ(answer.answers(), 1);
    EXPECT_EQ(count().waiting, 0U);
    EXPECT_EQ(world.timers.next(), never);
  }
}

TEST_F(plain_handle_test, a_signal_after_the_message_changes_nothing) {
  timeout(forever);
  const auto h = open_to_read();
  auto answer = read(*h, 0);
  post("got it");
  answer.signal();
  EXPECT_EQ(answer.text(), "got it");
  EXPECT_EQ(answer.answers(), 1);
}

TEST_F(plain_handle_test, a_message_for_a_waiting_reader_that_is_gone_goes_to_the_next_or_back) {
  timeout(forever);
  const auto dead = open_to_read();
  const auto alive = open_to_read();
  auto lost = read(*dead, 0);
  const auto answer = read(*alive, 0);
  lost.go_away();
  post("a");
  EXPECT_EQ(answer.text(), "a");
  EXPECT_EQ(count().taken, 1U);
  auto again = read(*dead, 0);
  again.go_away();
  post("b");
  EXPECT_EQ(count().count, 1U);
  EXPECT_EQ(count().taken, 1U);
  EXPECT_EQ(read(*alive, 1).text(), "b");
}

// --- two reads of one handle at the same time (threads, or a descriptor shared with a child) ---

TEST_F(plain_handle_test, two_waiting_reads_of_one_handle_get_a_message_each) {
  timeout(forever);
  const auto h = open_to_read();
  const auto first = read(*h, 0);
  const auto second = read(*h, 0);
  post("a");
  post("b");
  EXPECT_EQ(first.text(), "a");
  EXPECT_EQ(second.text(), "b");
}

TEST_F(plain_handle_test, an_unfinished_message_goes_back_when_another_read_of_the_handle_gets_the_next) {
  timeout(forever);
  auto h = open_to_read();
  const auto first = read(*h, 0, 2);
  const auto second = read(*h, 0, 2);
  post("abcd");
  EXPECT_EQ(first.text(), "ab");
  post("ef");
  EXPECT_EQ(second.text(), "ef");
  h.reset();
  EXPECT_EQ(world.take(*inbox), "abcd");
  EXPECT_EQ(world.take(*inbox), slot_world::nothing);
}

// --- streams: handles that can write ---

TEST_F(plain_handle_test, a_stream_goes_on_where_it_was_though_offsets_start_again) {
  post("abcdef");
  post("gh");
  const auto h = open(access::both);
  EXPECT_EQ(read(*h, 0, 4).text(), "abcd");
  EXPECT_EQ(read(*h, 0, 4).text(), "ef");
  EXPECT_EQ(read(*h, 0, 4).text(), "gh");
  EXPECT_TRUE(read(*h, 0, 4).end_of_file());
}

TEST_F(plain_handle_test, the_continuation_of_a_read_call_on_a_stream_gets_no_second_message) {
  post("abcd");
  post("next");
  const auto h = open(access::both);
  EXPECT_EQ(read(*h, 0, 4).text(), "abcd");
  EXPECT_TRUE(read(*h, 4, 4).end_of_file());
  EXPECT_EQ(read(*h, 0, 4).text(), "next");
}

TEST_F(plain_handle_test, a_stream_reads_what_it_wrote) {
  const auto h = open(access::both);
  EXPECT_EQ(write(*h, "echo").value(), 4U);
  EXPECT_EQ(read(*h, 0).text(), "echo");
}

TEST_F(plain_handle_test, an_unfinished_message_of_a_stream_goes_back_at_close) {
  post("abcdef");
  {
    const auto h = open(access::both);
    read(*h, 0, 4);
  }
  EXPECT_EQ(world.take(*inbox), "abcdef");
}

// --- writing ---

TEST_F(plain_handle_test, one_write_is_one_message_from_its_writer) {
  const auto h = open(access::write);
  EXPECT_EQ(write(*h, "one").value(), 3U);
  EXPECT_EQ(write(*h, "two").value(), 3U);
  EXPECT_EQ(count().count, 2U);
  const auto m = inbox->take(world.now);
  EXPECT_EQ(m->text(), "one");
  EXPECT_EQ(m->uid(), 1000U);
  EXPECT_EQ(m->pid(), 42);
}

TEST_F(plain_handle_test, a_refused_write_leaves_nothing) {
  inbox->change({.max_message_size = 4, .max_messages = 1}, world.now);
  const auto h = open(access::write);
  EXPECT_EQ(write(*h, "12345").error(), errc::message_too_long);
  EXPECT_EQ(count().count, 0U);
  EXPECT_TRUE(write(*h, "1234"));
  EXPECT_EQ(write(*h, "1").error(), errc::slot_full);
  EXPECT_EQ(count().count, 1U);
  EXPECT_EQ(world.memory.used(), message::cost(4));
}

TEST_F(plain_handle_test, the_rest_of_a_long_writev_makes_the_message_whole_in_its_place) {
  const auto h = open(access::write);
  EXPECT_EQ(write(*h, "first half, ").value(), 12U);
  post("of somebody else");
  EXPECT_EQ(write(*h, "second half", 12).value(), 11U);
  EXPECT_EQ(write(*h, ", end", 23).value(), 5U) << "1,024 segments come in four parts";
  EXPECT_EQ(count().posted, 2U);
  EXPECT_EQ(world.take(*inbox), "first half, second half, end");
  EXPECT_EQ(world.take(*inbox), "of somebody else");
}

TEST_F(plain_handle_test, the_rest_of_a_writev_whose_start_has_a_reader_is_refused) {
  const auto h = open(access::write);
  EXPECT_TRUE(write(*h, "start"));
  EXPECT_EQ(world.take(*inbox), "start");
  EXPECT_EQ(write(*h, "rest", 5).error(), errc::message_too_long);
  EXPECT_EQ(count().count, 0U);
}

TEST_F(plain_handle_test, an_offset_that_fits_no_start_harms_no_message) {
  const auto h = open(access::write);
  EXPECT_EQ(write(*h, "rest", 5).error(), errc::message_too_long) << "nothing was written before";
  EXPECT_TRUE(write(*h, "whole"));
  EXPECT_EQ(write(*h, "rest", 7).error(), errc::message_too_long);
  EXPECT_EQ(world.take(*inbox), "whole");
}

TEST_F(plain_handle_test, a_writev_whose_whole_is_too_much_leaves_no_part_behind) {
  inbox->change({.max_message_size = 8}, world.now);
  const auto h = open(access::write);
  EXPECT_TRUE(write(*h, "start"));
  EXPECT_EQ(write(*h, "rest", 5).error(), errc::message_too_long);
  EXPECT_EQ(count().count, 0U);
  EXPECT_EQ(count().posted, 0U);
  EXPECT_EQ(world.memory.used(), 0U);
}

// --- what a handle may, and who is there ---

TEST_F(plain_handle_test, a_handle_does_only_what_it_was_opened_for) {
  post("x");
  const auto reader = open_to_read();
  const auto writer = open(access::write);
  EXPECT_EQ(read(*writer, 0).error(), errc::access_denied);
  EXPECT_EQ(write(*reader, "x").error(), errc::access_denied);
  EXPECT_EQ(count().count, 1U);
  EXPECT_EQ(reader->of(), inbox.get());
  EXPECT_FALSE(reader->wants_flush());
}

TEST_F(plain_handle_test, open_handles_are_counted_at_their_slot) {
  auto a = open_to_read();
  auto b = open(access::both);
  auto c = open(access::write);
  EXPECT_EQ(count().readers, 2U);
  EXPECT_EQ(count().writers, 2U);
  b.reset();
  EXPECT_EQ(count().readers, 1U);
  EXPECT_EQ(count().writers, 1U);
}

TEST_F(plain_handle_test, the_last_reader_of_a_slot_with_the_lifetime_of_its_handle_says_goodbye) {
  inbox = world.make_slot({.handle_lifetime = true});
  int goodbyes = 0;
  const auto reader = [&] {
    return std::make_unique<plain_handle>(attendance::join(inbox, access::read, [&] { ++goodbyes; }).value());
  };
  auto first = reader();
  auto second = reader();
  const auto writer = open(access::write);
  first.reset();
  EXPECT_EQ(goodbyes, 0);
  EXPECT_TRUE(write(*writer, "still heard"));
  second.reset();
  EXPECT_EQ(goodbyes, 1);
  EXPECT_EQ(write(*writer, "nobody is there").error(), errc::slot_closed);
  EXPECT_EQ(attendance::join(inbox, access::read, {}).error(), errc::slot_closed);
}

TEST_F(plain_handle_test, an_exclusive_slot_lets_one_reader_in_and_any_number_of_writers) {
  inbox = world.make_slot({.exclusive = true});
  auto first = open_to_read();
  EXPECT_EQ(attendance::join(inbox, access::both, {}).error(), errc::slot_busy);
  const auto writer = open(access::write);
  EXPECT_EQ(count().writers, 1U) << "a refused reader is no writer either";
  first.reset();
  EXPECT_TRUE(attendance::join(inbox, access::both, {}));
}

TEST_F(plain_handle_test, the_rest_of_a_message_is_something_to_poll_for) {
  post("abcd");
  const auto h = open_to_read();
  EXPECT_TRUE(h->ready(world.now).readable);
  read(*h, 0, 2);
  EXPECT_TRUE(h->ready(world.now).readable);
  read(*h, 2, 2);
  EXPECT_FALSE(h->ready(world.now).readable);
}

TEST_F(plain_handle_test, a_poller_is_told_of_the_next_message_and_goes_with_its_handle) {
  int told = 0, closed = 0;
  const auto h = open_to_read();
  auto other = open_to_read();
  h->tell(std::make_unique<counting_poller>(told));
  other->tell(std::make_unique<counting_poller>(closed));
  other.reset();
  post("x");
  EXPECT_EQ(told, 1);
  EXPECT_EQ(closed, 0);
}

}  // namespace
}  // namespace mailslot::test

// Reading a slot through views: what one read gets, what goes back, who waits and who does not.
#include "tests/support/view_world.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailslot {
namespace {

using namespace std::chrono_literals;
using test::recorded_answer;
using test::texts;

struct a_reader : testing::Test, test::view_world {};

std::string frame(std::string_view body) {
  return std::string("\0\0\0", 3) + static_cast<char>(body.size()) + std::string(body);
}

// --- many messages in one read

TEST_F(a_reader, of_lines_gets_as_many_whole_lines_as_fit) {
  fill({"one\n", "two", "three\n", "four\n"});
  auto h = open("lines");
  EXPECT_EQ(reads(*h, 0, 14), "one\ntwo\nthree\n");
  EXPECT_EQ(waiting(), texts{"four\n"});
  EXPECT_EQ(reads(*h, 14, 4), "four") << "one that is too large alone comes in parts";
  EXPECT_EQ(reads(*h, 18, 100), "\n");
  EXPECT_EQ(reads(*h, 19, 100), "");
}

TEST_F(a_reader, of_lines_never_gets_part_of_one_after_a_whole_one) {
  fill({"one\n", "two\n"});
  auto h = open("lines");
  EXPECT_EQ(reads(*h, 0, 7), "one\n");
  EXPECT_EQ(reads(*h, 4, 7), "two\n");
}

TEST_F(a_reader, of_frames_sees_empty_messages) {
  fill({"", "a", ""});
  auto h = open("frames");
  EXPECT_EQ(reads(*h), frame("") + frame("a") + frame(""));
}

TEST_F(a_reader, of_lines_sees_an_empty_message_as_an_empty_line) {
  fill({"", "a"});
  auto h = open("lines");
  EXPECT_EQ(reads(*h), "\na\n");
}

TEST_F(a_reader, of_json_gets_an_object_for_each_message) {
  fill({"a", "b"});
  auto h = open("json");
  const std::string got = reads(*h);
  EXPECT_EQ(std::count(got.begin(), got.end(), '\n'), 2);
  EXPECT_NE(got.find(R"("text":"a"})"), std::string::npos);
  EXPECT_NE(got.find(R"("text":"b"})"), std::string::npos);
}

TEST_F(a_reader, takes_thousands_in_one_read_and_in_order) {
  std::string wanted;
  for (int i = 0; i < 5000; ++i) {
    post(*inbox, std::to_string(i));
    wanted += std::to_string(i) + "\n";
  }
  auto h = open("lines");
  EXPECT_EQ(reads(*h), wanted);
  EXPECT_EQ(waiting(), texts());
}

TEST_F(a_reader, sees_the_same_whatever_the_size_of_its_buffer) {
  for (const auto* words : {"lines", "frames", "json", "lines+peek", "json+peek"}) {
    texts messages;
    for (std::size_t i = 0; i < 40; ++i) messages.emplace_back(i * 7 % 23, 'x');
    std::string wanted;
    for (std::size_t room : {100'000UL, 1UL, 2UL, 3UL, 7UL, 64UL, 200UL, 1000UL}) {
      inbox = make_slot();
      shared.last_id = 0;
      fill(messages);
      auto h = open(words);
      const std::string got = read_to_end(*h, room);
      if (wanted.empty()) wanted = got;
      EXPECT_EQ(got, wanted) << words << ' ' << room;
    }
    EXPECT_FALSE(wanted.empty());
  }
}

// --- the cursor

TEST_F(a_reader, may_go_back_within_what_it_has_read) {
  fill({"one\n", "two\n", "three\n"});
  auto h = open("lines");
  EXPECT_EQ(reads(*h, 0, 8), "one\ntwo\n");
  EXPECT_EQ(reads(*h, 4, 8), "two\n") << "bash reads a block and goes back to the end of its line";
  EXPECT_EQ(reads(*h, 1, 2), "ne");
  EXPECT_EQ(reads(*h, 8, 8), "three\n");
}

TEST_F(a_reader, that_moves_away_gets_what_it_has_not_finished_and_nothing_twice) {
  fill({"one\n", "two\n", "three\n"});
  auto h = open("lines");
  EXPECT_EQ(reads(*h, 0, 14), "one\ntwo\nthree\n");
  fill({"four\n", "five\n"});
  EXPECT_EQ(reads(*h, 14, 6), "four\n");
  fill({"six\n"});
  EXPECT_EQ(reads(*h, 19, 2), "fi");
  EXPECT_EQ(reads(*h, 0, 100), "five\n");
  EXPECT_EQ(reads(*h, 5, 100), "six\n");
}

TEST_F(a_reader, that_can_write_has_no_position) {
  fill({"one\n", "two\n"});
  auto h = open("lines", access::both);
  EXPECT_EQ(reads(*h, 0, 3), "one");
  EXPECT_EQ(reads(*h, 0, 3), "\n");
  EXPECT_EQ(reads(*h, 0, 100), "two\n");
  EXPECT_EQ(reads(*h, 3, 100), "") << "the rest of a call that was answered";
}

// --- what goes back

TEST_F(a_reader, that_closes_early_gives_back_what_it_did_not_finish_in_order) {
  fill({"one\n", "two\n", "three\n", "four\n"});
  {
    auto h = open("lines", access::both);
    recorded_answer gone;
    gone.go_away();
    read(*h, gone);
    EXPECT_EQ(waiting(), (texts{"one\n", "two\n", "three\n", "four\n"})) << "it got none";
    EXPECT_EQ(reads(*h, 0, 3), "one");
    EXPECT_EQ(waiting(), (texts{"two\n", "three\n", "four\n"}));
  }
  EXPECT_EQ(waiting(), (texts{"one\n", "two\n", "three\n", "four\n"}));
  EXPECT_EQ(inbox->count(now).taken, 0U);
  {
    EXPECT_EQ(reads(*open("lines"), 0, 8), "one\ntwo\n");
  }
  EXPECT_EQ(waiting(), (texts{"three\n", "four\n"}));
}

TEST_F(a_reader, that_vanished_leaves_its_messages_to_those_who_wait) {
  auto vanishing = open("lines+wait");
  auto patient = open("lines+wait");
  recorded_answer gone;
  recorded_answer answer;
  read(*vanishing, gone);
  read(*patient, answer);
  gone.go_away();
  post(*inbox, "one\n");
  EXPECT_EQ(answer.text(), "one\n");
  EXPECT_EQ(gone.answers(), 1);
}

// --- file

TEST_F(a_reader, of_a_file_gets_exactly_one_message_and_then_its_end_for_ever) {
  fill({"first", "second"});
  auto h = open("file");
  EXPECT_EQ(reads(*h, 0, 3), "fir");
  EXPECT_EQ(reads(*h, 3, 3), "st");
  EXPECT_EQ(reads(*h, 5, 3), "");
  EXPECT_EQ(reads(*h, 5, 3), "");
  EXPECT_EQ(reads(*h, 1, 3), "irs") << "it is a file: it can be read again";
  EXPECT_EQ(reads(*h, 99, 3), "");
  h.reset();
  EXPECT_EQ(waiting(), texts{"second"});
}

TEST_F(a_reader, of_a_file_that_closes_before_its_end_gives_it_back) {
  fill({"first", "second"});
  {
    EXPECT_EQ(reads(*open("file"), 0, 4), "firs");
  }
  EXPECT_EQ(waiting(), (texts{"first", "second"}));
  {
    EXPECT_EQ(reads(*open("file"), 0, 5), "first");
  }
  EXPECT_EQ(waiting(), texts{"second"});
}

TEST_F(a_reader, of_a_file_that_can_write_gets_one_message_too) {
  fill({"first", "second"});
  auto h = open("file", access::both);
  EXPECT_EQ(reads(*h, 0, 3), "fir");
  EXPECT_EQ(reads(*h, 0, 3), "st");
  EXPECT_EQ(reads(*h, 0, 3), "");
  EXPECT_EQ(reads(*h, 0, 3), "");
}

TEST_F(a_reader, takes_an_empty_message_as_an_empty_file) {
  fill({"", "next"});
  auto h = open("file");
  EXPECT_EQ(reads(*h), "");
  EXPECT_EQ(reads(*h), "");
  h.reset();
  EXPECT_EQ(waiting(), texts{"next"});
}

TEST_F(a_reader, of_an_empty_file_that_was_gone_leaves_it) {
  fill({"", "next"});
  {
    auto h = open("file");
    recorded_answer gone;
    gone.go_away();
    read(*h, gone);
  }
  EXPECT_EQ(waiting(), (texts{"", "next"}));
}

TEST_F(a_reader, of_a_file_waits_as_the_slot_says_or_for_ever) {
  inbox->change({.read_timeout = 5s}, now);
  auto brief = open("file");
  auto patient = open("file+wait");
  recorded_answer first;
  recorded_answer second;
  read(*brief, first);
  read(*patient, second);
  pass(4s);
  EXPECT_TRUE(first.waits());
  pass(1s);
  EXPECT_TRUE(first.end_of_file());
  pass(24h * 365);
  EXPECT_TRUE(second.waits());
  post(*inbox, "work");
  EXPECT_EQ(second.text(), "work");
  EXPECT_EQ(reads(*patient, 4), "");
}

TEST_F(a_reader, of_a_file_with_two_reads_at_once_still_gets_one_message) {
  auto h = open("file+wait");
  recorded_answer first;
  recorded_answer second;
  read(*h, first);
  read(*h, second);
  fill({"one", "two"});
  EXPECT_EQ(first.text(), "one");
  EXPECT_EQ(second.text(), "one");
  EXPECT_EQ(waiting(), texts{"two"});
}

// --- peek

TEST_F(a_reader, that_peeks_sees_all_and_takes_nothing) {
  fill({"one", "two\n"});
  auto h = open("lines+peek");
  EXPECT_EQ(reads(*h, 0, 4), "one\n");
  post(*inbox, "three");
  EXPECT_EQ(reads(*h, 4, 100), "two\n");
  EXPECT_EQ(reads(*h, 8, 100), "") << "what came after it looked is not there";
  EXPECT_EQ(waiting(), (texts{"one", "two\n", "three"}));
  EXPECT_EQ(inbox->count(now).taken, 0U);
}

TEST_F(a_reader, that_peeks_without_a_framing_reads_a_message_at_a_time) {
  fill({"one", "", "two"});
  auto h = open("peek");
  EXPECT_EQ(reads(*h, 0), "one");
  EXPECT_EQ(reads(*h, 3), "two");
  EXPECT_EQ(reads(*h, 6), "");
}

TEST_F(a_reader, that_peeks_at_a_file_sees_the_oldest_message) {
  fill({"one", "two"});
  auto h = open("file+peek");
  EXPECT_EQ(read_to_end(*h, 2), "one");
  EXPECT_EQ(waiting(), (texts{"one", "two"}));
}

TEST_F(a_reader, that_peeks_never_waits) {
  inbox->change({.read_timeout = forever}, now);
  EXPECT_EQ(reads(*open("peek")), "");
  EXPECT_EQ(reads(*open("json+peek"), 0, 100, true), "");
  EXPECT_TRUE(open("peek")->ready(now).readable);
}

TEST_F(a_reader, that_peeks_and_was_interrupted_misses_nothing) {
  fill({"one", "two"});
  auto h = open("lines+peek");
  recorded_answer gone;
  gone.go_away();
  read(*h, gone);
  EXPECT_EQ(reads(*h), "one\ntwo\n");
}

// --- tail

TEST_F(a_reader, of_a_tail_gets_a_copy_of_everything_from_its_open_on) {
  fill({"before"});
  auto first = open("lines+tail");
  auto second = open("tail");
  EXPECT_EQ(reads(*first), "(waits)");
  fill({"one", "two"});
  EXPECT_EQ(reads(*first), "one\ntwo\n");
  EXPECT_EQ(reads(*second, 0), "one");
  EXPECT_EQ(reads(*second, 3), "two");
  EXPECT_EQ(waiting(), (texts{"before", "one", "two"}));
}

TEST_F(a_reader, of_a_tail_waits_whatever_the_timeout_and_says_so_when_it_must_not) {
  auto h = open("json+tail");
  EXPECT_EQ(reads(*h, 0, 100, true), failing(errc::would_wait));
  recorded_answer answer;
  read(*h, answer);
  pass(24h * 365);
  EXPECT_TRUE(answer.waits());
  post(*inbox, "news");
  EXPECT_NE(answer.text().find(R"("text":"news")"), std::string::npos);
}

TEST_F(a_reader, never_waits_longer_than_the_kernel_lets_it) {
  shared.longest_wait = 1s;
  for (const auto* words : {"wait", "lines+wait", "file+wait", "json+tail", "tail"}) {
    auto h = open(words);
    recorded_answer answer;
    read(*h, answer);
    pass(999ms);
    EXPECT_TRUE(answer.waits()) << words;
    pass(1ms);
    EXPECT_EQ(answer.answers(), 1) << words;
    EXPECT_EQ(answer.text(), "") << words;
  }
}
TEST_F(a_reader, of_a_tail_sees_empty_messages_where_they_can_be_seen) {
  auto plain = open("tail");
  auto framed = open("frames+tail");
  recorded_answer answer;
  recorded_answer other;
  read(*plain, answer);
  read(*framed, other);
  post(*inbox, "");
  EXPECT_TRUE(answer.waits());
  EXPECT_EQ(other.text(), frame(""));
  post(*inbox, "");
  post(*inbox, "x");
  EXPECT_EQ(answer.text(), "x");
  EXPECT_EQ(reads(*plain, 1), "(waits)");
  EXPECT_EQ(reads(*framed, 4), frame("") + frame("x"));
}

TEST_F(a_reader, of_a_tail_that_falls_behind_is_told_how_much_it_lost) {
  inbox->change({.full = full_policy::drop_oldest}, now);
  auto json = open("json+tail");
  auto lines = open("lines+tail");
  const std::string large(1'000'000, 'x');
  for (int i = 0; i < 20; ++i) post(*inbox, large);
  post(*inbox, "last");
  const std::string got = read_to_end(*json);
  EXPECT_TRUE(got.starts_with("{\"lost\":4}\n{\"id\":5,")) << got.substr(0, 100);
  EXPECT_EQ(got.find("lost", 10), std::string::npos) << "told once";
  std::string kept;
  for (int i = 0; i < 16; ++i) kept += large + "\n";
  EXPECT_TRUE(read_to_end(*lines) == kept + "last\n(waits)");
  EXPECT_EQ(inbox->count(now).lost, 8U);
}

TEST_F(a_reader, of_a_tail_that_was_gone_gets_its_copies_again) {
  auto h = open("lines+tail");
  fill({"one", "two"});
  recorded_answer gone;
  gone.go_away();
  read(*h, gone);
  EXPECT_EQ(reads(*h), "one\ntwo\n");
}

TEST_F(a_reader, of_a_tail_ends_when_the_slot_goes) {
  auto h = open("lines+tail");
  recorded_answer first;
  recorded_answer second;
  read(*h, first);
  read(*h, second);
  inbox->unlink();
  EXPECT_TRUE(first.end_of_file());
  EXPECT_TRUE(second.end_of_file());
  EXPECT_EQ(reads(*h, 0, 10, true), "");
}

TEST_F(a_reader, who_takes_nothing_is_not_refused_by_exclusive_and_does_not_count) {
  inbox->change({.exclusive = true}, now);
  auto taking = open("lines");
  EXPECT_EQ(try_open("json", access::read).error(), errc::slot_busy);
  auto looking = open("json+peek");
  auto following = open("json+tail");
  EXPECT_EQ(inbox->count(now).readers, 1U);
  taking.reset();
  EXPECT_EQ(inbox->count(now).readers, 0U);
  auto next = open("lines");
  EXPECT_EQ(inbox->count(now).readers, 1U);
}

// --- waiting

TEST_F(a_reader, waits_as_the_slot_says_in_every_framing) {
  for (const auto* words : {"file", "lines", "frames", "json"}) {
    inbox->change({}, now);
    auto h = open(words);
    EXPECT_EQ(reads(*h), "") << words;
    EXPECT_EQ(reads(*h, 0, 100, true), failing(errc::would_wait)) << words;
    inbox->change({.read_timeout = 2s}, now);
    recorded_answer answer;
    read(*h, answer);
    pass(1s);
    EXPECT_TRUE(answer.waits()) << words;
    pass(1s);
    EXPECT_TRUE(answer.end_of_file()) << words;
  }
  EXPECT_EQ(timers.next(), never);
}

TEST_F(a_reader, with_wait_skips_empty_messages_when_it_has_no_framing) {
  auto h = open("wait");
  recorded_answer answer;
  read(*h, answer);
  fill({"", "x"});
  EXPECT_EQ(answer.text(), "x");
  EXPECT_EQ(answer.answers(), 1);
}

TEST_F(a_reader, that_waits_ends_by_a_signal_and_loses_nothing) {
  for (const auto* words : {"wait", "file+wait", "json+tail", "frames+wait"}) {
    auto h = open(words);
    recorded_answer answer;
    read(*h, answer);
    answer.signal();
    EXPECT_EQ(answer.error(), errc::interrupted) << words;
    recorded_answer early;
    early.signal_when_parking();
    read(*h, early);
    EXPECT_EQ(early.error(), errc::interrupted) << words;
    post(*inbox, "kept");
    EXPECT_NE(reads(*h).find("kept"), std::string::npos) << words;
    EXPECT_EQ(answer.answers(), 1) << words;
    inbox->purge();
  }
}

TEST_F(a_reader, that_waits_ends_when_the_slot_goes_and_drains_what_is_left_first) {
  auto h = open("lines+wait");
  recorded_answer answer;
  read(*h, answer);
  inbox->unlink();
  EXPECT_TRUE(answer.end_of_file());
  post(*inbox, "late");
  EXPECT_EQ(reads(*h), "late\n");
  EXPECT_EQ(reads(*h, 5), "");
  EXPECT_EQ(reads(*h, 5, 100, true), "");
}

TEST_F(a_reader, among_many_is_served_in_the_order_of_arrival) {
  auto a = open("lines+wait");
  auto b = open("wait");
  auto c = open("json+wait");
  recorded_answer first;
  recorded_answer second;
  recorded_answer third;
  read(*a, first);
  read(*b, second);
  read(*c, third);
  fill({"1", "2", "3"});
  EXPECT_EQ(first.text(), "1\n");
  EXPECT_EQ(second.text(), "2");
  EXPECT_NE(third.text().find(R"("text":"3")"), std::string::npos);
}

TEST_F(a_reader, is_refused_when_too_many_wait) {
  shared.most_waiting = 1;
  auto h = open("lines+wait");
  recorded_answer first;
  read(*h, first);
  EXPECT_EQ(reads(*h), failing(errc::too_many_waiting));
  EXPECT_EQ(reads(*open("tail")), failing(errc::too_many_waiting));
  EXPECT_TRUE(first.waits());
  first.signal();
}

TEST_F(a_reader, with_room_for_a_part_only_is_served_the_rest_when_its_message_came_late) {
  auto h = open("lines+wait", access::both);
  recorded_answer answer;
  read(*h, answer, 0, 2);
  post(*inbox, "long");
  EXPECT_EQ(answer.text(), "lo");
  EXPECT_EQ(reads(*h), "ng\n");
  EXPECT_EQ(h->last_delivered()->text(), "long");
}

// --- readiness and the rest

struct paper_poller final : poller {
  explicit paper_poller(int& count) : count_(count) {}
  void fire() noexcept override { ++count_; }
  int& count_;
};

TEST_F(a_reader, is_ready_when_a_read_would_not_wait) {
  for (const auto* words : {"lines+wait", "json+tail", "wait", "file+wait"}) {
    auto h = open(words);
    EXPECT_FALSE(h->ready(now).readable) << words;
    int told = 0;
    h->tell(std::make_unique<paper_poller>(told));
    post(*inbox, "news");
    EXPECT_EQ(told, 1) << words;
    EXPECT_TRUE(h->ready(now).readable) << words;
    const std::string got = reads(*h, 0, 2);
    EXPECT_EQ(got.size(), 2U) << words;
    EXPECT_TRUE(h->ready(now).readable) << words << ": the rest of it";
    const std::string rest = reads(*h, 2);
    inbox->purge();
    EXPECT_EQ(h->ready(now).readable, std::string(words) == "file+wait") << words << ": the end can be read";
  }
}

TEST_F(a_reader, who_closed_is_told_nothing) {
  int told = 0;
  auto h = open("json+tail");
  h->tell(std::make_unique<paper_poller>(told));
  h.reset();
  post(*inbox, "news");
  EXPECT_EQ(told, 0);
}

TEST_F(a_reader, can_ask_which_message_it_got_last) {
  fill({"one\n", "two\n", "three\n"});
  auto h = open("lines");
  EXPECT_EQ(h->last_delivered(), nullptr);
  reads(*h, 0, 8);
  EXPECT_EQ(h->last_delivered()->text(), "two\n");
  reads(*h, 8, 1);
  EXPECT_EQ(h->last_delivered()->text(), "three\n");
  EXPECT_EQ(h->of(), inbox.get());
}

TEST_F(a_reader, cannot_read_what_is_open_for_writing) {
  for (const auto* words : {"file", "lines", "frames", "json", "wait"}) {
    EXPECT_EQ(reads(*open(words, access::write)), failing(errc::access_denied)) << words;
  }
}

}  // namespace
}  // namespace mailslot

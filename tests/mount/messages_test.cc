// Messages through a real mount: one write(2) is one message, whole or not at all; one read(2) is bytes of
// one.
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include <numeric>

namespace mailslot::test {
namespace {

constexpr std::size_t largest = 1'044'480;

// Bytes of which no two stretches look the same.
std::string pattern(std::size_t size) {
  std::string s(size, '\0');
  unsigned x = 1;
  for (char& c : s) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24U);
  return s;
}

struct messages : testing::Test {
  mounted at;
  std::string inbox = at.slot("inbox");

  std::string count() const { return at.info("inbox", "count"); }
};

TEST_F(messages, come_out_in_the_order_in_which_they_went_in) {
  for (const char* text : {"one", "two", "three"}) EXPECT_EQ(post(inbox, text), 0);
  const file in(inbox, O_RDONLY);
  EXPECT_EQ(read_once(in.fd()), "one");
  EXPECT_EQ(read_once(in.fd()), "two");
  EXPECT_EQ(read_once(in.fd()), "three");
  EXPECT_EQ(read_once(in.fd()), "");
}

TEST_F(messages, one_of_the_largest_size_arrives_whole_and_alone) {
  const std::string big = pattern(largest);
  EXPECT_EQ(post(inbox, big), 0);
  EXPECT_EQ(post(inbox, "next\n"), 0);
  const file in(inbox, O_RDONLY);
  EXPECT_EQ(read_once(in.fd()), big);
  EXPECT_EQ(read_once(in.fd()), "next\n");
}

TEST_F(messages, one_byte_more_than_the_largest_is_refused_and_nothing_is_queued) {
  EXPECT_EQ(post(inbox, pattern(largest + 1)), EMSGSIZE);
  EXPECT_EQ(count(), "0");
}

TEST_F(messages, an_unaligned_write_of_a_mebibyte_is_refused_as_a_whole) {
  const std::string text = pattern(1'048'576 + 3 * 4096);
  const file out(inbox, O_WRONLY);
  for (const std::size_t from : {1U, 7U, 2049U, 4095U}) {
    EXPECT_EQ(::write(out.fd(), text.data() + from, 1'048'576), -1);
    EXPECT_EQ(errno, EMSGSIZE);
  }
  EXPECT_EQ(count(), "0");
}

TEST_F(messages, the_largest_one_arrives_whole_from_and_into_any_alignment) {
  const std::string text = pattern(largest + 4096);
  std::string into(largest + 8192, '\0');
  const file out(inbox, O_WRONLY);
  const file in(inbox, O_RDONLY);
  for (const std::size_t shift : {1U, 17U, 4095U}) {
    ASSERT_EQ(::write(out.fd(), text.data() + shift, largest), static_cast<ssize_t>(largest));
    ASSERT_EQ(::read(in.fd(), into.data() + shift, into.size() - shift), static_cast<ssize_t>(largest));
    EXPECT_EQ(std::string_view(into).substr(shift, largest), std::string_view(text).substr(shift, largest));
  }
}

TEST_F(messages, a_limit_of_the_slot_refuses_what_is_longer_with_nothing_queued) {
  at.set("inbox", "max_message_size=5");
  EXPECT_EQ(post(inbox, "12345"), 0);
  EXPECT_EQ(post(inbox, "123456"), EMSGSIZE);
  EXPECT_EQ(count(), "1");
}

TEST_F(messages, writev_of_all_the_segments_that_there_can_be_is_one_message) {
  const std::string text = pattern(1024 * 3);
  std::vector<iovec> parts;
  for (std::size_t i = 0; i < 1024; ++i) parts.push_back({const_cast<char*>(text.data()) + 3 * i, 3});
  for (const int flags : {O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC}) {
    const file out(inbox, flags);
    ASSERT_EQ(::writev(out.fd(), parts.data(), 1024), static_cast<ssize_t>(text.size()));
    EXPECT_EQ(count(), "1");
    EXPECT_EQ(take(inbox), text);
  }
}

TEST_F(messages, writev_is_never_torn_when_a_reader_was_waiting_for_its_first_part) {
  at.set("inbox", "read_timeout=forever");
  const std::string text = pattern(1024 * 3);
  std::vector<iovec> parts;
  for (std::size_t i = 0; i < 1024; ++i) parts.push_back({const_cast<char*>(text.data()) + 3 * i, 3});
  process reader([&] {
    const std::string got = take(inbox);
    return got == text ? 0 : text.starts_with(got) ? 1 : 2;
  });
  ASSERT_TRUE(eventually([&] { return at.waiting("inbox") == 1; }));
  const file out(inbox, O_WRONLY);
  const ssize_t n = ::writev(out.fd(), parts.data(), 1024);
  const int got = reader.result();
  // The kernel cuts such a call, and the reader may have the first part before the second comes: then the
  // writer is told how much was accepted.
  EXPECT_TRUE((got == 0 && n == static_cast<ssize_t>(text.size())) || (got == 1 && n >= 0 && n < 3 * 1024))
      << "the writer got " << n << ", the reader " << got;
  EXPECT_EQ(count(), "0");
}

TEST_F(messages, appending_works_like_writing) {
  EXPECT_EQ(post(inbox, "first"), 0);
  EXPECT_EQ(post(inbox, "second", O_WRONLY | O_APPEND), 0);
  {
    const file out(inbox, O_WRONLY | O_APPEND);
    EXPECT_EQ(write_all(out.fd(), "third"), 0);
    EXPECT_EQ(write_all(out.fd(), "fourth"), 0);
  }
  {
    const file both(inbox, O_RDWR | O_APPEND);
    EXPECT_EQ(read_once(both.fd()), "first");
    EXPECT_EQ(write_all(both.fd(), "fifth"), 0);
  }
  {
    // Whether a descriptor appends can change while it is open.
    const file out(inbox, O_WRONLY);
    EXPECT_EQ(write_all(out.fd(), "sixth"), 0);
    ASSERT_EQ(::fcntl(out.fd(), F_SETFL, O_APPEND), 0);
    EXPECT_EQ(write_all(out.fd(), "seventh"), 0);
  }
  for (const char* text : {"second", "third", "fourth", "fifth", "sixth", "seventh"})
    EXPECT_EQ(take(inbox), text);
}

TEST_F(messages, a_small_buffer_gets_the_rest_of_the_same_message_and_never_the_next) {
  EXPECT_EQ(post(inbox, "hello"), 0);
  EXPECT_EQ(post(inbox, "world"), 0);
  const file in(inbox, O_RDONLY);
  EXPECT_EQ(read_once(in.fd(), 3), "hel");
  EXPECT_EQ(read_once(in.fd(), 100), "lo");
  EXPECT_EQ(read_once(in.fd(), 5), "world");
}

TEST_F(messages, what_was_read_can_be_read_again_by_its_offset) {
  EXPECT_EQ(post(inbox, "line 1\nline 2\n"), 0);
  EXPECT_EQ(post(inbox, "next"), 0);
  const file in(inbox, O_RDONLY);
  EXPECT_EQ(read_once(in.fd(), 4096), "line 1\nline 2\n");
  EXPECT_EQ(::lseek(in.fd(), 7, SEEK_SET), 7);  // as bash does after it found the end of the first line
  EXPECT_EQ(read_once(in.fd(), 4096), "line 2\n");
  EXPECT_EQ(read_once(in.fd(), 4096), "next");
}

TEST_F(messages, pread_reads_within_the_current_message_and_moves_nothing) {
  EXPECT_EQ(post(inbox, "abcdef"), 0);
  const file in(inbox, O_RDONLY);
  std::array<char, 3> bytes{};
  EXPECT_EQ(::pread(in.fd(), bytes.data(), 3, 0), 3);
  EXPECT_EQ(::pread(in.fd(), bytes.data(), 3, 3), 3);
  EXPECT_EQ(std::string_view(bytes.data(), 3), "def");
  EXPECT_EQ(read_once(in.fd()), "abcdef");
  EXPECT_EQ(read_once(in.fd()), "");
}

TEST_F(messages, pwrite_and_pread_are_refused_where_there_is_no_position) {
  const file both(inbox, O_RDWR);
  std::array<char, 3> bytes{};
  EXPECT_EQ(::pwrite(both.fd(), "abc", 3, 10), -1);
  EXPECT_EQ(errno, ESPIPE);
  EXPECT_EQ(::pread(both.fd(), bytes.data(), 3, 0), -1);
  EXPECT_EQ(errno, ESPIPE);
  EXPECT_EQ(::lseek(both.fd(), 0, SEEK_SET), -1);
  EXPECT_EQ(errno, ESPIPE);
  EXPECT_EQ(count(), "0");
}

TEST_F(messages, reads_and_writes_through_one_descriptor_do_not_disturb_each_other) {
  const file both(inbox, O_RDWR);
  EXPECT_EQ(write_all(both.fd(), "abc"), 0);
  EXPECT_EQ(write_all(both.fd(), "defgh"), 0);
  EXPECT_EQ(read_once(both.fd(), 2), "ab");
  EXPECT_EQ(write_all(both.fd(), "i"), 0);
  EXPECT_EQ(read_once(both.fd()), "c");
  EXPECT_EQ(read_once(both.fd()), "defgh");
  EXPECT_EQ(read_once(both.fd()), "i");
}

TEST_F(messages, what_was_not_read_to_its_end_goes_back_to_the_head_of_the_queue) {
  EXPECT_EQ(post(inbox, "first"), 0);
  EXPECT_EQ(post(inbox, "second"), 0);
  {
    const file in(inbox, O_RDONLY);
    EXPECT_EQ(read_once(in.fd(), 4), "firs");
    EXPECT_EQ(count(), "1");
  }
  ASSERT_TRUE(eventually([&] { return count() == "2"; }));  // close(2) does not wait for the daemon
  EXPECT_EQ(take(inbox), "first");
  EXPECT_EQ(take(inbox), "second");
}

TEST_F(messages, a_killed_reader_gives_back_what_it_had_begun) {
  EXPECT_EQ(post(inbox, "precious"), 0);
  process reader([&] {
    const file in(inbox, O_RDONLY);
    read_once(in.fd(), 1);
    return ::pause();
  });
  ASSERT_TRUE(eventually([&] { return count() == "0"; }));
  reader.kill(SIGKILL);
  reader.join();
  ASSERT_TRUE(eventually([&] { return count() == "1"; }));
  EXPECT_EQ(take(inbox), "precious");
}

TEST_F(messages, only_read_takes_them) {
  EXPECT_EQ(post(inbox, "still here"), 0);
  const file in(inbox, O_RDONLY);
  const scratch_directory place;
  const std::string elsewhere = place.path() + "/copy";
  file out(elsewhere, O_WRONLY | O_CREAT, 0600);
  EXPECT_LE(::sendfile(out.fd(), in.fd(), nullptr, 4096), 0);
  EXPECT_LE(::copy_file_range(in.fd(), nullptr, out.fd(), nullptr, 4096, 0), 0);
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const file pipe_out(ends[0]), pipe_in(ends[1]);
  EXPECT_LE(::splice(in.fd(), nullptr, pipe_in.fd(), nullptr, 4096, 0), 0);
  EXPECT_EQ(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, in.fd(), 0), MAP_FAILED);
  EXPECT_EQ(count(), "1");
  // A private mapping can be had of any file. Touching it is a bus error: there is no page.
  const int died = in_process(0, [&] {
    ::signal(SIGBUS, SIG_DFL);
    void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, in.fd(), 0);
    if (page == MAP_FAILED) return 1;
    return *static_cast<const volatile char*>(page) == 's' ? 2 : 3;
  });
  EXPECT_TRUE(died == 1 || died == 126) << died;
  EXPECT_EQ(count(), "1");
  EXPECT_EQ(take(inbox), "still here");
  ::unlink(elsewhere.c_str());
}

TEST_F(messages, what_truncates_a_file_leaves_the_queue_alone) {
  EXPECT_EQ(post(inbox, "keep me"), 0);
  EXPECT_EQ(::truncate(inbox.c_str(), 0), 0);
  EXPECT_EQ(::truncate(inbox.c_str(), 5), 0);
  {
    const file opened(inbox, O_WRONLY | O_TRUNC);
  }
  EXPECT_EQ(::utimensat(AT_FDCWD, inbox.c_str(), nullptr, 0), 0);
  struct stat s{};
  EXPECT_EQ(::stat(inbox.c_str(), &s), 0);
  EXPECT_EQ(s.st_size, 0);
  EXPECT_EQ(take(inbox), "keep me");
}

TEST_F(messages, a_full_slot_answers_at_once) {
  at.set("inbox", "max_messages=2");
  EXPECT_EQ(post(inbox, "1"), 0);
  EXPECT_EQ(post(inbox, "2"), 0);
  EXPECT_EQ(post(inbox, "3"), ENOSPC);
  at.set("inbox", "full=drop-oldest");
  EXPECT_EQ(post(inbox, "4"), 0);
  at.set("inbox", "full=drop-newest");
  EXPECT_EQ(post(inbox, "5"), 0);
  EXPECT_EQ(at.info("inbox", "dropped"), "2");
  EXPECT_EQ(take(inbox), "2");
  EXPECT_EQ(take(inbox), "4");
}

TEST_F(messages, a_message_that_waited_longer_than_ttl_is_gone) {
  at.set("inbox", "ttl=1");
  EXPECT_EQ(post(inbox, "short-lived"), 0);
  ASSERT_TRUE(eventually([&] { return at.info("inbox", "expired") == "1"; }));
  EXPECT_EQ(take(inbox), "");
}

TEST(bounds, one_user_cannot_take_the_memory_of_all) {
  if (::geteuid() != 0) GTEST_SKIP() << "acts as another user, which only root can";
  const mounted at({"-o", "allow_other,user_bytes=64K,total_bytes=256K"});
  const std::string inbox = at.slot("inbox");
  EXPECT_EQ(in_process(1234, [&] { return post(inbox, std::string(40'000, 'x')); }), 0);
  EXPECT_EQ(in_process(1234, [&] { return post(inbox, std::string(40'000, 'x')); }), EDQUOT);
  EXPECT_EQ(in_process(1235, [&] { return post(inbox, std::string(40'000, 'x')); }), 0);
  EXPECT_EQ(take(inbox).size(), 40'000U);
  EXPECT_TRUE(eventually(
      [&] { return in_process(1234, [&] { return post(inbox, std::string(40'000, 'x')); }) == 0; }));
}

TEST(bounds, all_messages_together_have_one) {
  const mounted at({"-o", "user_bytes=0,total_bytes=100K"});
  const std::string inbox = at.slot("inbox");
  EXPECT_EQ(post(inbox, std::string(90'000, 'x')), 0);
  EXPECT_EQ(post(inbox, std::string(90'000, 'x')), ENOMEM);
  EXPECT_EQ(take(inbox).size(), 90'000U);
  // The reader holds what it has read until the daemon hears of its close.
  EXPECT_TRUE(eventually([&] { return post(inbox, std::string(90'000, 'x')) == 0; }));
}

}  // namespace
}  // namespace mailslot::test

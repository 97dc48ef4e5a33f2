// The requests of mailslot.h from C++, as their page in that header says.
#include "fs/mailslot.h"
#include "tests/support/mounted.h"

#include <gtest/gtest.h>

namespace mailslot::test {
namespace {

constexpr uid_t bob = 1235;

struct requests : testing::Test {
  mounted at{{"-o", "allow_other"}};
  std::string inbox = at.slot("inbox");
  file in{inbox, O_RDONLY}, out{inbox, O_WRONLY};

  template <class... Argument>
  static int ask(const file& f, unsigned long request, Argument... argument) {
    return outcome(::ioctl(f.fd(), request, argument...));
  }
  mailslot_info info() const {
    mailslot_info i{};
    EXPECT_EQ(ask(in, MAILSLOT_IOC_INFO, &i), 0);
    return i;
  }
};

TEST_F(requests, info_tells_attributes_and_counters) {
  at.set("inbox", "max_message_size=100\nread_timeout=1500\n");
  EXPECT_EQ(info().next_size, -1);
  EXPECT_EQ(info().oldest_ns, 0);
  ASSERT_EQ(write_all(out.fd(), "hello"), 0);
  ASSERT_EQ(write_all(out.fd(), "you"), 0);
  const mailslot_info i = info();
  EXPECT_EQ(i.next_size, 5);
  EXPECT_EQ(i.bytes, 8U);
  EXPECT_EQ(i.count, 2U);
  EXPECT_EQ(i.posted, 2U);
  EXPECT_EQ(i.taken, 0U);
  EXPECT_EQ(i.max_message_size, 100U);
  EXPECT_EQ(i.read_timeout, 1500U);
  EXPECT_EQ(i.readers, 1U);
  EXPECT_EQ(i.writers, 1U);
  EXPECT_GT(i.created_ns, 0);
  EXPECT_GE(i.oldest_ns, i.created_ns);
  mailslot_info same{};
  EXPECT_EQ(ask(out, MAILSLOT_IOC_INFO, &same), 0);
  EXPECT_EQ(same.posted, 2U);
}

TEST_F(requests, info_tells_timeouts_without_end_and_those_that_do_not_fit) {
  at.set("inbox", "read_timeout=forever");
  EXPECT_EQ(info().read_timeout, MAILSLOT_FOREVER);
  at.set("inbox", "read_timeout=9000000000000");
  EXPECT_EQ(info().read_timeout, 0xFFFFFFFEU);
}

TEST_F(requests, the_timeout_is_for_the_owner_to_set) {
  std::uint32_t ms = 25;
  EXPECT_EQ(ask(in, MAILSLOT_IOC_SET_TIMEOUT, &ms), 0);
  EXPECT_EQ(at.info("inbox", "read_timeout"), "25");
  ms = MAILSLOT_FOREVER;
  EXPECT_EQ(ask(out, MAILSLOT_IOC_SET_TIMEOUT, &ms), 0);
  EXPECT_EQ(at.info("inbox", "read_timeout"), "forever");
  if (::geteuid() != 0) GTEST_SKIP() << "acts as another user, which only root can";
  EXPECT_EQ(in_process(bob,
                       [&] {
                         std::uint32_t mine = 0;
                         return ask(file(inbox, O_WRONLY), MAILSLOT_IOC_SET_TIMEOUT, &mine);
                       }),
            EPERM);
  EXPECT_EQ(at.info("inbox", "read_timeout"), "forever");
}

TEST_F(requests, an_empty_message_can_be_posted_and_its_size_asked_for) {
  std::int64_t size = 0;
  EXPECT_EQ(ask(in, MAILSLOT_IOC_NEXT_SIZE, &size), 0);
  EXPECT_EQ(size, -1);
  EXPECT_EQ(ask(out, MAILSLOT_IOC_POST_EMPTY), 0);
  EXPECT_EQ(ask(in, MAILSLOT_IOC_NEXT_SIZE, &size), 0);
  EXPECT_EQ(size, 0);
  ASSERT_EQ(write_all(out.fd(), "abc"), 0);
  EXPECT_EQ(read_once(in.fd()), "abc");  // an empty one would look like the end
  EXPECT_EQ(ask(in, MAILSLOT_IOC_POST_EMPTY), EBADF);
  at.set("inbox", "max_messages=1");
  EXPECT_EQ(ask(out, MAILSLOT_IOC_POST_EMPTY), 0);
  EXPECT_EQ(ask(out, MAILSLOT_IOC_POST_EMPTY), ENOSPC);
}

TEST_F(requests, an_empty_message_can_be_posted_through_a_view) {
  const file view(at / ".as/lines/inbox", O_WRONLY);
  EXPECT_EQ(ask(view, MAILSLOT_IOC_POST_EMPTY), 0);
  EXPECT_EQ(info().next_size, 0);
}

TEST_F(requests, the_sender_of_what_was_read_last_can_be_asked_for) {
  mailslot_sender s{};
  EXPECT_EQ(ask(in, MAILSLOT_IOC_SENDER, &s), ENODATA);
  ASSERT_EQ(write_all(out.fd(), "mine"), 0);
  ASSERT_EQ(write_all(out.fd(), "second"), 0);
  EXPECT_EQ(ask(in, MAILSLOT_IOC_SENDER, &s), ENODATA);
  ASSERT_EQ(read_once(in.fd(), 2), "mi");
  ASSERT_EQ(ask(in, MAILSLOT_IOC_SENDER, &s), 0);
  EXPECT_EQ(s.flags, MAILSLOT_SENDER_KNOWN);
  EXPECT_EQ(s.uid, ::getuid());
  EXPECT_EQ(s.gid, ::getgid());
  EXPECT_EQ(s.pid, ::getpid());
  EXPECT_EQ(s.size, 4U);
  EXPECT_STREQ(s.address, "");
  EXPECT_GT(s.time_ns, 0);
  const auto first = s.id;
  ASSERT_EQ(read_once(in.fd()), "ne");
  ASSERT_EQ(read_once(in.fd()), "second");
  ASSERT_EQ(ask(in, MAILSLOT_IOC_SENDER, &s), 0);
  EXPECT_GT(s.id, first);
  EXPECT_EQ(s.size, 6U);
  EXPECT_EQ(ask(out, MAILSLOT_IOC_SENDER, &s), ENODATA);
}

TEST_F(requests, the_queue_can_be_emptied_by_the_owner) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(write_all(out.fd(), "abc"), 0);
  if (::geteuid() == 0) {
    EXPECT_EQ(in_process(bob,
                         [&] {
                           std::uint32_t n = 0;
                           return ask(file(inbox, O_WRONLY), MAILSLOT_IOC_PURGE, &n);
                         }),
              EPERM);
  }
  ASSERT_EQ(read_once(in.fd(), 1), "a");  // this one has begun
  std::uint32_t count = 0;
  EXPECT_EQ(ask(out, MAILSLOT_IOC_PURGE, &count), 0);
  EXPECT_EQ(count, 2U);
  EXPECT_EQ(info().dropped, 2U);
  EXPECT_EQ(read_once(in.fd()), "bc");
  EXPECT_EQ(read_once(in.fd()), "");
}

TEST_F(requests, what_is_no_slot_or_no_request_is_refused) {
  mailslot_info i{};
  EXPECT_EQ(ask(file(at.path(), O_RDONLY | O_DIRECTORY), MAILSLOT_IOC_INFO, &i), ENOTTY);
  EXPECT_EQ(ask(file(at / ".info/inbox", O_RDONLY), MAILSLOT_IOC_INFO, &i), ENOTTY);
  EXPECT_EQ(ask(file(at / ".metrics", O_RDONLY), MAILSLOT_IOC_INFO, &i), ENOTTY);
  EXPECT_EQ(ask(in, _IOR(MAILSLOT_IOC_TYPE, 31, std::uint32_t), &i), ENOTTY);
  EXPECT_EQ(ask(in, 0x5401 /* TCGETS */, &i), ENOTTY);
  EXPECT_EQ(ask(file(inbox, O_PATH), MAILSLOT_IOC_INFO, &i), EBADF);
}

}  // namespace
}  // namespace mailslot::test

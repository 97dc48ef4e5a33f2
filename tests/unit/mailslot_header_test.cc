// The installed header is an interface between programs that were built at different times: sizes, places and
// numbers are written down here once more, so that no edit moves one unnoticed.
#include "fs/mailslot.h"
#include "fs/slot/budget.h"
#include "fs/slot/message.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>

extern "C" {
std::size_t c99_size_of_info(void);
std::size_t c99_size_of_sender(void);
unsigned long c99_request(int number);
}

namespace {

static_assert(sizeof(mailslot_info) == 192);
static_assert(offsetof(mailslot_info, next_size) == 0);
static_assert(offsetof(mailslot_info, bytes) == 8);
static_assert(offsetof(mailslot_info, posted) == 16);
static_assert(offsetof(mailslot_info, taken) == 24);
static_assert(offsetof(mailslot_info, dropped) == 32);
static_assert(offsetof(mailslot_info, expired) == 40);
static_assert(offsetof(mailslot_info, lost) == 48);
static_assert(offsetof(mailslot_info, created_ns) == 56);
static_assert(offsetof(mailslot_info, oldest_ns) == 64);
static_assert(offsetof(mailslot_info, max_message_size) == 72);
static_assert(offsetof(mailslot_info, read_timeout) == 76);
static_assert(offsetof(mailslot_info, count) == 80);
static_assert(offsetof(mailslot_info, readers) == 84);
static_assert(offsetof(mailslot_info, writers) == 88);
static_assert(offsetof(mailslot_info, waiting) == 92);
static_assert(offsetof(mailslot_info, reserved) == 96);

static_assert(sizeof(mailslot_sender) == 424);
static_assert(offsetof(mailslot_sender, id) == 0);
static_assert(offsetof(mailslot_sender, time_ns) == 8);
static_assert(offsetof(mailslot_sender, size) == 16);
static_assert(offsetof(mailslot_sender, flags) == 24);
static_assert(offsetof(mailslot_sender, uid) == 28);
static_assert(offsetof(mailslot_sender, gid) == 32);
static_assert(offsetof(mailslot_sender, pid) == 36);
static_assert(offsetof(mailslot_sender, address) == 40);
static_assert(offsetof(mailslot_sender, name) == 104);
static_assert(offsetof(mailslot_sender, reserved) == 360);

static_assert(MAILSLOT_LARGEST_MESSAGE == mailslot::largest_message);
static_assert(MAILSLOT_UNKNOWN == mailslot::budget::nobody);

TEST(mailslot_header, keeps_the_numbers_of_its_requests) {
  EXPECT_EQ(MAILSLOT_IOC_INFO, 0x80c0e601U);
  EXPECT_EQ(MAILSLOT_IOC_SET_TIMEOUT, 0x4004e602U);
  EXPECT_EQ(MAILSLOT_IOC_POST_EMPTY, 0x0000e603U);
  EXPECT_EQ(MAILSLOT_IOC_NEXT_SIZE, 0x8008e604U);
  EXPECT_EQ(MAILSLOT_IOC_SENDER, 0x81a8e605U);
  EXPECT_EQ(MAILSLOT_IOC_PURGE, 0x8004e606U);
}

TEST(mailslot_header, means_the_same_to_a_c99_program) {
  EXPECT_EQ(c99_size_of_info(), sizeof(mailslot_info));
  EXPECT_EQ(c99_size_of_sender(), sizeof(mailslot_sender));
  EXPECT_EQ(c99_request(1), MAILSLOT_IOC_INFO);
  EXPECT_EQ(c99_request(2), MAILSLOT_IOC_SET_TIMEOUT);
  EXPECT_EQ(c99_request(3), MAILSLOT_IOC_POST_EMPTY);
  EXPECT_EQ(c99_request(4), MAILSLOT_IOC_NEXT_SIZE);
  EXPECT_EQ(c99_request(5), MAILSLOT_IOC_SENDER);
  EXPECT_EQ(c99_request(6), MAILSLOT_IOC_PURGE);
}

TEST(mailslot_header, is_of_the_version_that_is_built) {
  EXPECT_STREQ(MAILSLOT_VERSION_STRING, MAILSLOT_VERSION);
  EXPECT_EQ(MAILSLOT_VERSION_STRING,
            fmt::format("{}.{}.{}", MAILSLOT_VERSION_MAJOR, MAILSLOT_VERSION_MINOR, MAILSLOT_VERSION_PATCH));
  EXPECT_EQ(MAILSLOT_VERSION_NUMBER, 1000);
}

}  // namespace

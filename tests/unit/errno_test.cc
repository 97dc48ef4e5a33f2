// Each refusal as the errno that the manual promises.
#include "fs/fuse/errno.h"

#include "fs/slot/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <future>
#include <set>

namespace mailslot {
namespace {

constexpr std::pair<errc, int> table[] = {
    {errc::slot_full, ENOSPC},
    {errc::message_too_long, EMSGSIZE},
    {errc::user_over_quota, EDQUOT},
    {errc::no_room, ENOMEM},
    {errc::too_many_slots, ENOSPC},
    {errc::slot_closed, EPIPE},
    {errc::slot_busy, EBUSY},
    {errc::would_wait, EAGAIN},
    {errc::timed_out, ETIMEDOUT},
    {errc::interrupted, EINTR},
    {errc::short_buffer, EMSGSIZE},
    {errc::too_many_waiting, ENOBUFS},
    {errc::no_such_name, ENOENT},
    {errc::name_taken, EEXIST},
    {errc::bad_name, EINVAL},
    {errc::name_too_long, ENAMETOOLONG},
    {errc::not_a_directory, ENOTDIR},
    {errc::is_a_directory, EISDIR},
    {errc::directory_not_empty, ENOTEMPTY},
    {errc::not_owner, EPERM},
    {errc::not_permitted, EPERM},
    {errc::access_denied, EACCES},
    {errc::bad_value, EINVAL},
    {errc::no_such_attribute, ENODATA},
    {errc::not_supported, EOPNOTSUPP},
    {errc::stale, ESTALE},
    {errc::cannot_move_there, EINVAL},
};

TEST(errno_of, each_refusal_has_its_number) {
  for (const auto& [code, number] : table)
    EXPECT_EQ(errno_of(code), number) << make_error_code(code).message();
}

TEST(errno_of, the_table_of_this_test_has_all_of_them_and_each_has_a_sentence_of_its_own) {
  std::set<std::string> sentences;
  int known = 0;
  for (int value = 1; value < 1000; ++value) {
    const auto text = std::error_code(value, slot_category()).message();
    if (text == "unknown refusal") continue;
    ++known;
    EXPECT_TRUE(sentences.insert(text).second) << text;
  }
  EXPECT_EQ(known, static_cast<int>(std::size(table)));
}

TEST(errno_of, codes_of_the_system_stay_and_unknown_ones_are_input_output_errors) {
  EXPECT_EQ(errno_of({}), 0);
  EXPECT_EQ(errno_of(std::error_code(ENODEV, std::generic_category())), ENODEV);
  EXPECT_EQ(errno_of(std::error_code(ENODEV, std::system_category())), ENODEV);
  EXPECT_EQ(errno_of(std::make_error_code(std::future_errc::no_state)), EIO);
  EXPECT_EQ(errno_of(std::error_code(9999, slot_category())), EIO);
}

}  // namespace
}  // namespace mailslot

// What is mounted where, as the kernel writes it down.
#include "fs/fuse/mount_table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace mailslot {
namespace {

constexpr const char* table =
    "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "40 21 0:35 / /mailslot rw,nosuid - tmpfs tmpfs rw\n"
    "41 40 0:36 / /mailslot rw,nosuid shared:9 master:3 - fuse.mailslotfs mailslotfs rw\n"
    "42 21 0:37 / /mnt/two\\040words rw - fuse.mailslotfs a\\134b rw\n";

std::optional<mount_entry> at(const std::string& path) {
  std::istringstream text(table);
  return topmost_mount(text, path);
}

TEST(mount_table, says_what_lies_uppermost) {
  const auto found = at("/mailslot");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "41");
  EXPECT_EQ(found->type, "fuse.mailslotfs");
}

TEST(mount_table, knows_paths_with_blanks) {
  const auto found = at("/mnt/two words");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "42");
}

TEST(mount_table, has_nothing_for_a_plain_directory) {
  EXPECT_FALSE(at("/mail"));
  EXPECT_FALSE(at("/mailslot/inbox"));
}

TEST(mount_table, reads_the_table_of_this_machine) {
  const auto root = topmost_mount("/");
  ASSERT_TRUE(root);
  EXPECT_FALSE(root->type.empty());
}

}  // namespace
}  // namespace mailslot

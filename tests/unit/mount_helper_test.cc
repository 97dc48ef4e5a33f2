// mount(8) calls us by another name, with letters of its own.
#include "fs/mount_helper.h"

#include "fs/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailslot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(mount_helper, is_known_by_its_name) {
  for (const char* name : {"mount.mailslotfs", "/sbin/mount.mailslotfs", "/usr/sbin/mount.fuse.mailslotfs"})
    EXPECT_TRUE(is_mount_helper(name)) << name;
  for (const char* name : {"mailslotfs", "/usr/bin/mailslotfs", "/mnt/mount.d/mailslotfs", "", "/"})
    EXPECT_FALSE(is_mount_helper(name)) << name;
}

TEST(mount_helper, passes_source_mount_point_and_options_on) {
  const auto call = from_mount({"slots", "/mailslot", "-o", "rw,nofail,allow_other"});
  EXPECT_THAT(call.arguments, ElementsAre("slots", "/mailslot", "-o", "rw,nofail,allow_other"));
  EXPECT_FALSE(call.fake);
  EXPECT_THAT(call.wrong, IsEmpty());
  const auto o = parse_options(call.arguments);
  ASSERT_TRUE(o) << o.error();
  EXPECT_EQ(o->mount.source, "slots");
  EXPECT_EQ(o->mount.mountpoint, "/mailslot");
  EXPECT_TRUE(o->mount.allow_other);
  EXPECT_FALSE(o->foreground);
}

TEST(mount_helper, its_letters_are_those_of_mount) {
  const auto call = from_mount({"none", "/m", "-snv", "-t", "fuse.mailslotfs", "-orw"});
  EXPECT_THAT(call.arguments, ElementsAre("none", "/m", "-o", "rw"));
  EXPECT_FALSE(call.fake);
  EXPECT_TRUE(from_mount({"none", "/m", "-f"}).fake);
  EXPECT_TRUE(from_mount({"none", "/m", "-fo", "rw"}).fake);
  EXPECT_THAT(from_mount({"none", "/m", "-ft", "mailslotfs"}).arguments, ElementsAre("none", "/m"));
}

TEST(mount_helper, answers_help_and_version_like_the_program) {
  EXPECT_THAT(from_mount({"--version"}).arguments, ElementsAre("--version"));
  EXPECT_THAT(from_mount({"-hV"}).arguments, ElementsAre("-h", "-V"));
}

TEST(mount_helper, says_what_it_cannot_do) {
  EXPECT_THAT(from_mount({"none", "/m", "-N", "/proc/1/ns/mnt"}).wrong, HasSubstr("namespace"));
  EXPECT_THAT(from_mount({"none", "/m", "-o"}).wrong, HasSubstr("-o"));
  EXPECT_FALSE(parse_options(from_mount({"none", "/m", "-x"}).arguments));
}

}  // namespace
}  // namespace mailslot

// The process that touches slots for the daemon: it touches what lies below its directory, and is led nowhere
// else. A plain directory stands for the mount.
#include "fs/errand.h"

#include "tests/support/eventually.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace mailslot::test {
namespace {

namespace files = std::filesystem;

class errand_test : public testing::Test {
 protected:
  errand_test() {
    for (const auto& path : {inside, outside}) files::create_directories(path);
  }
  ~errand_test() override { files::remove_all(base); }

  // A file that was last modified long ago.
  static void make_old(const files::path& path) {
    std::ofstream(path) << "x";
    files::last_write_time(path, files::file_time_type::clock::now() - std::chrono::hours(1000));
  }
  static bool is_old(const files::path& path) {
    return files::last_write_time(path) < files::file_time_type::clock::now() - std::chrono::hours(500);
  }
  // All that was asked for before is done when this has been.
  void settle(errand& e) const {
    make_old(inside / "last");
    ASSERT_TRUE(e.touch("last"));
    ASSERT_TRUE(eventually([&] { return !is_old(inside / "last"); }));
  }

  const files::path base = files::path(testing::TempDir()) / ("errand." + std::to_string(::getpid()));
  const files::path inside = base / "inside", outside = base / "outside";
};

TEST_F(errand_test, the_modification_time_alone_is_set) {
  auto e = errand::start(inside);
  ASSERT_TRUE(e);
  files::create_directory(inside / "level");
  make_old(inside / "level/slot");
  struct stat before{}, after{};
  ASSERT_EQ(::stat((inside / "level/slot").c_str(), &before), 0);
  ASSERT_TRUE(e->touch("level/slot"));
  EXPECT_TRUE(eventually([&] { return !is_old(inside / "level/slot"); }));
  ASSERT_EQ(::stat((inside / "level/slot").c_str(), &after), 0);
  EXPECT_EQ(before.st_atim.tv_sec, after.st_atim.tv_sec);
  EXPECT_EQ(before.st_atim.tv_nsec, after.st_atim.tv_nsec);
}

TEST_F(errand_test, symlinks_and_dots_lead_nowhere) {
  auto e = errand::start(inside);
  ASSERT_TRUE(e);
  make_old(outside / "file");
  make_old(inside / "other");
  files::create_directory_symlink(outside, inside / "level");
  files::create_symlink(outside / "file", inside / "slot");
  files::create_symlink("other", inside / "near");
  const std::string outsider = outside / "file";
  for (const char* path : {"level/file", "slot", "../outside/file", outsider.c_str(), "near"}) {
    EXPECT_TRUE(e->touch(path));
  }
  settle(*e);
  EXPECT_TRUE(is_old(outside / "file"));
  EXPECT_TRUE(is_old(inside / "other")) << "a symlink below the mount is no slot either";
}

TEST_F(errand_test, what_is_gone_by_then_harms_nothing) {
  auto e = errand::start(inside);
  ASSERT_TRUE(e);
  EXPECT_TRUE(e->touch("gone"));
  settle(*e);
}

TEST_F(errand_test, a_path_longer_than_any_is_refused) {
  auto e = errand::start(inside);
  ASSERT_TRUE(e);
  EXPECT_FALSE(e->touch(std::string(5000, 'a')));
}

}  // namespace
}  // namespace mailslot::test

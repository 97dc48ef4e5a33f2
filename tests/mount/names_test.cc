// Names through a real mount, with the kernel's caches between the test and the daemon: what a name leads to
// and what stat(2) shows are never wrong, whoever changed them and by whichever door.
#include "tests/support/mounted.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <linux/fs.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

namespace mailslot::test {
namespace {

struct names : testing::Test {
  mounted at;

  static bool there(const std::string& path) {
    struct stat s{};
    return ::lstat(path.c_str(), &s) == 0;
  }
  static ino_t number(const std::string& path) {
    struct stat s{};
    return ::lstat(path.c_str(), &s) == 0 ? s.st_ino : 0;
  }
  // What readdir(3) lists, without "." and "..".
  static std::multiset<std::string> list(const std::string& path) {
    std::multiset<std::string> all;
    std::error_code failed;
    for (const auto& e : std::filesystem::directory_iterator(path, failed)) all.insert(e.path().filename());
    return all;
  }
};

using strings = std::multiset<std::string>;

TEST_F(names, are_found_in_any_letter_case_and_listed_as_they_were_made) {
  at.slot("InBox");
  EXPECT_EQ(post(at / "INBOX", "hello"), 0);
  EXPECT_EQ(take(at / "inbox"), "hello");
  EXPECT_EQ(list(at.path()), strings{"InBox"});
  EXPECT_EQ(::mknod((at / "inbox").c_str(), S_IFREG | 0644, 0), -1);
  EXPECT_EQ(errno, EEXIST);
}

TEST_F(names, another_spelling_is_gone_after_the_name_was_removed) {
  at.slot("box");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(there(at / "BOX"));
  ASSERT_EQ(::unlink((at / "box").c_str()), 0);
  EXPECT_FALSE(there(at / "BOX"));
  EXPECT_FALSE(there(at / "box"));
  EXPECT_EQ(post(at / "BOX", "lost"), ENOENT);
}

TEST_F(names, the_name_is_gone_after_it_was_removed_by_another_spelling) {
  at.slot("box");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(there(at / "box"));
  ASSERT_EQ(::unlink((at / "BoX").c_str()), 0);
  EXPECT_FALSE(there(at / "box"));
  EXPECT_FALSE(there(at / "BoX"));
}

TEST_F(names, another_spelling_leads_to_the_new_slot_after_the_old_was_replaced) {
  at.slot("box");
  const ino_t old = number(at / "BOX");
  ASSERT_EQ(::unlink((at / "BOX").c_str()), 0);
  at.slot("Box");
  for (const char* spelling : {"box", "BOX", "Box"}) {
    EXPECT_NE(number(at / spelling), old) << spelling;
    EXPECT_EQ(number(at / spelling), number(at / "Box")) << spelling;
  }
  EXPECT_EQ(list(at.path()), strings{"Box"});
}

TEST_F(names, follow_a_rename_by_another_spelling) {
  at.slot("old");
  EXPECT_TRUE(there(at / "old") && there(at / "OLD"));
  ASSERT_EQ(::rename((at / "OLD").c_str(), (at / "new").c_str()), 0);
  for (const char* gone : {"old", "OLD", "Old"}) EXPECT_FALSE(there(at / gone)) << gone;
  for (const char* here : {"new", "NEW"}) EXPECT_TRUE(there(at / here)) << here;
}

TEST_F(names, a_rename_onto_another_spelling_replaces_that_slot) {
  at.slot("a");
  at.slot("b");
  EXPECT_EQ(post(at / "a", "from a"), 0);
  EXPECT_TRUE(there(at / "B"));
  ASSERT_EQ(::rename((at / "a").c_str(), (at / "B").c_str()), 0);
  EXPECT_EQ(take(at / "b"), "from a");
  EXPECT_EQ(list(at.path()), strings{"B"});
  EXPECT_EQ(number(at / "b"), number(at / "B"));
}

TEST_F(names, are_what_they_look_like_when_letter_case_counts) {
  const mounted exact({"-o", "case=sensitive"});
  exact.slot("box");
  EXPECT_FALSE(there(exact / "BOX"));
  exact.slot("BOX");
  EXPECT_NE(number(exact / "BOX"), number(exact / "box"));
  ASSERT_EQ(::rename((exact / "box").c_str(), (exact / "Box").c_str()), 0);
  EXPECT_EQ(list(exact.path()), (strings{"BOX", "Box"}));
}

TEST_F(names, directories_nest_and_are_found_in_any_letter_case) {
  ASSERT_EQ(::mkdir((at / "taxes").c_str(), 0755), 0);
  at.slot("taxes/comments");
  EXPECT_EQ(post(at / "TAXES/Comments", "high"), 0);
  EXPECT_EQ(::rmdir((at / "taxes").c_str()), -1);
  EXPECT_EQ(errno, ENOTEMPTY);
  ASSERT_EQ(::rename((at / "Taxes").c_str(), (at / "levies").c_str()), 0);
  EXPECT_EQ(take(at / "levies/comments"), "high");
  EXPECT_FALSE(there(at / "taxes"));
  ASSERT_EQ(::unlink((at / "levies/comments").c_str()), 0);
  EXPECT_EQ(::rmdir((at / "LEVIES").c_str()), 0);
  EXPECT_FALSE(there(at / "levies"));
}

TEST_F(names, a_directory_cannot_move_into_itself) {
  ASSERT_EQ(::mkdir((at / "a").c_str(), 0755), 0);
  ASSERT_EQ(::mkdir((at / "a/b").c_str(), 0755), 0);
  EXPECT_EQ(::rename((at / "a").c_str(), (at / "a/b/c").c_str()), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(names, have_255_bytes_and_no_more) {
  const std::string longest(255, 'n');
  at.slot(longest);
  EXPECT_EQ(list(at.path()), strings{longest});
  EXPECT_EQ(::mknod((at / std::string(256, 'n')).c_str(), S_IFREG, 0), -1);
  EXPECT_EQ(errno, ENAMETOOLONG);
  struct stat s{};
  EXPECT_EQ(::stat((at / std::string(256, 'n')).c_str(), &s), -1);
  EXPECT_EQ(errno, ENAMETOOLONG);
}

TEST_F(names, with_bytes_that_are_no_text_work_and_control_bytes_do_not) {
  at.slot("\xff\xfe sp ace\xc3\xa9");
  EXPECT_TRUE(there(at / "\xff\xfe SP ACE\xc3\xa9"));
  for (const char* bad : {"a\nb", "a\x01", "a\x7f", "a\\b"}) {
    EXPECT_EQ(::mknod((at / bad).c_str(), S_IFREG, 0), -1) << bad;
    EXPECT_EQ(errno, EINVAL) << bad;
  }
}

TEST_F(names, that_begin_with_a_dot_or_an_at_sign_are_reserved_at_the_root_and_only_there) {
  for (const char* bad : {".hidden", "@HOST"}) {
    EXPECT_EQ(::mknod((at / bad).c_str(), S_IFREG, 0), -1) << bad;
    EXPECT_TRUE(errno == EINVAL || errno == EPERM || errno == EEXIST) << bad << " " << errno;
  }
  ASSERT_EQ(::mkdir((at / "dir").c_str(), 0755), 0);
  at.slot("dir/.hidden");
  at.slot("dir/@HOST");
  EXPECT_EQ(list(at / "dir"), (strings{".hidden", "@HOST"}));
}

TEST_F(names, that_are_made_up_resolve_and_are_never_listed) {
  at.slot("box");
  EXPECT_TRUE(there(at / ".info/box"));
  EXPECT_TRUE(there(at / ".metrics"));
  EXPECT_EQ(list(at.path()), strings{"box"});
  EXPECT_EQ(list(at / ".info"), strings{"box"});
  EXPECT_EQ(::rmdir((at / ".info").c_str()), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::rename((at / ".info").c_str(), (at / "info").c_str()), -1);
  EXPECT_EQ(errno, EPERM);
}

TEST_F(names, of_what_a_slot_cannot_be_are_refused) {
  at.slot("box");
  EXPECT_EQ(outcome(::link((at / "box").c_str(), (at / "other").c_str())), EPERM);
  EXPECT_EQ(outcome(::mkfifo((at / "fifo").c_str(), 0644)), EPERM);
  EXPECT_EQ(outcome(::mknod((at / "socket").c_str(), S_IFSOCK | 0644, 0)), EPERM);
  if (::geteuid() == 0) {
    EXPECT_EQ(outcome(::mknod((at / "null").c_str(), S_IFCHR | 0644, 0x103)), EPERM);
  }
  EXPECT_EQ(list(at.path()), strings{"box"});
}

TEST_F(names, are_made_by_an_open_that_neither_truncates_nor_appends) {
  EXPECT_TRUE(file(at / "a", O_RDONLY | O_CREAT, 0600));
  EXPECT_TRUE(file(at / "b", O_WRONLY | O_CREAT, 0600));
  EXPECT_TRUE(file(at / "c", O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, 0600));
  EXPECT_FALSE(file(at / "c", O_WRONLY | O_CREAT | O_EXCL, 0600));
  EXPECT_EQ(errno, EEXIST);
  for (const int flags : {O_TRUNC, O_APPEND}) {
    EXPECT_FALSE(file(at / "mistyped", O_WRONLY | O_CREAT | flags, 0600));
    EXPECT_EQ(errno, ENOENT);
  }
  EXPECT_EQ(list(at.path()), (strings{"a", "b", "c"}));
  const mounted generous({"-o", "create=writers"});
  EXPECT_TRUE(file(generous / "a", O_WRONLY | O_CREAT | O_TRUNC, 0600));
  EXPECT_TRUE(file(generous / "b", O_WRONLY | O_CREAT | O_APPEND, 0600));
}

TEST_F(names, new_slots_have_the_mode_of_the_mount_whatever_the_umask) {
  struct stat s{};
  const mode_t before = ::umask(0077);
  {
    const file made(at / "a", O_WRONLY | O_CREAT, 0600);
  }
  ASSERT_EQ(::stat((at / "a").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode, S_IFREG | 0622U);
  const mounted strict({"--slot_mode=640"});
  {
    const file made(strict / "a", O_WRONLY | O_CREAT, 0666);
  }
  ASSERT_EQ(::stat((strict / "a").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode, S_IFREG | 0640U);
  ::umask(before);
}

TEST_F(names, rename_can_be_told_not_to_replace_and_not_to_exchange) {
  at.slot("a");
  at.slot("b");
  EXPECT_EQ(
      outcome(::renameat2(AT_FDCWD, (at / "a").c_str(), AT_FDCWD, (at / "b").c_str(), RENAME_NOREPLACE)),
      EEXIST);
  EXPECT_EQ(outcome(::renameat2(AT_FDCWD, (at / "a").c_str(), AT_FDCWD, (at / "b").c_str(), RENAME_EXCHANGE)),
            EINVAL);
  EXPECT_EQ(
      outcome(::renameat2(AT_FDCWD, (at / "a").c_str(), AT_FDCWD, (at / "c").c_str(), RENAME_NOREPLACE)), 0);
  EXPECT_EQ(list(at.path()), (strings{"b", "c"}));
}

TEST_F(names, a_removed_slot_works_for_those_who_have_it_open) {
  at.slot("box", "read_timeout=forever");
  file out(at / "box", O_WRONLY);
  file in(at / "box", O_RDONLY);
  EXPECT_EQ(post(at / "box", "before"), 0);
  ASSERT_EQ(::unlink((at / "box").c_str()), 0);
  EXPECT_EQ(write_all(out.fd(), "after"), 0);
  EXPECT_EQ(read_once(in.fd()), "before");
  EXPECT_EQ(read_once(in.fd()), "after");
  EXPECT_EQ(read_once(in.fd()), "");  // and does not wait for ever
  struct stat s{};
  EXPECT_EQ(::fstat(in.fd(), &s), 0);
  EXPECT_EQ(s.st_nlink, 0U);
}

TEST_F(names, a_reader_that_waits_ends_when_its_slot_is_removed) {
  at.slot("box", "read_timeout=forever");
  process reader([&] { return take(at / "box").empty() ? 0 : 1; });
  ASSERT_TRUE(eventually([&] { return at.waiting("box") == 1; }));
  ASSERT_EQ(::unlink((at / "BOX").c_str()), 0);
  EXPECT_EQ(reader.result(), 0);
}

TEST_F(names, with_lifetime_handle_go_with_the_last_reader) {
  at.slot("box", "lifetime=handle");
  struct stat root_before{}, root_after{}, s{};
  const file out(at / "box", O_WRONLY);
  file first(at / "box", O_RDONLY);
  file second(at / "box", O_RDONLY);
  ASSERT_EQ(::stat(at.path().c_str(), &root_before), 0);
  ASSERT_EQ(::fstat(out.fd(), &s), 0);
  EXPECT_EQ(s.st_nlink, 1U);
  first.close();
  EXPECT_EQ(write_all(out.fd(), "one reader is left"), 0);
  second.close();
  ASSERT_TRUE(eventually([&] { return !there(at / "box"); }));
  EXPECT_EQ(write_all(out.fd(), "nobody"), EPIPE);
  EXPECT_EQ(list(at.path()), strings{});
  // What stat(2) shows of both is not what the kernel remembered.
  ASSERT_TRUE(eventually([&] { return ::fstat(out.fd(), &s) == 0 && s.st_nlink == 0; }));
  ASSERT_TRUE(eventually([&] {
    return ::stat(at.path().c_str(), &root_after) == 0 &&
           (root_after.st_mtim.tv_sec != root_before.st_mtim.tv_sec ||
            root_after.st_mtim.tv_nsec != root_before.st_mtim.tv_nsec);
  }));
}

TEST_F(names, exclusive_slots_have_one_reader) {
  at.slot("box", "exclusive=yes");
  file first(at / "box", O_RDONLY);
  EXPECT_TRUE(first);
  EXPECT_FALSE(file(at / "box", O_RDONLY));
  EXPECT_EQ(errno, EBUSY);
  EXPECT_TRUE(file(at / "box", O_WRONLY));
  first.close();
  EXPECT_TRUE(eventually([&] { return bool(file(at / "box", O_RDONLY)); }));
}

TEST_F(names, a_listing_shows_what_stays_once_whatever_else_comes_and_goes) {
  constexpr int many = 600;
  strings staying;
  for (int i = 0; i < many; ++i) {
    const auto name = "stays" + std::to_string(i);
    at.slot(name);
    staying.insert(name);
  }
  process busy([&] {
    for (int i = 0;; ++i) {
      const auto name = at / ("comes" + std::to_string(i % 50));
      ::mknod(name.c_str(), S_IFREG, 0);
      if (i % 3 != 0) ::unlink(name.c_str());
    }
    return 0;
  });
  for (int round = 0; round < 10; ++round) {
    strings seen;
    for (const auto& name : list(at.path())) {
      if (name.starts_with("stays")) seen.insert(name);
    }
    ASSERT_EQ(seen, staying);
  }
}

TEST_F(names, rewinddir_lists_anew) {
  at.slot("a");
  DIR* d = ::opendir(at.path().c_str());
  ASSERT_NE(d, nullptr);
  const auto count = [d] {
    int n = 0;
    while (::readdir(d)) ++n;
    return n;
  };
  EXPECT_EQ(count(), 3);
  at.slot("b");
  ::rewinddir(d);
  EXPECT_EQ(count(), 4);
  ::closedir(d);
}

TEST_F(names, symlinks_lead_to_slots) {
  at.slot("box");
  ASSERT_EQ(::symlink("box", (at / "alias").c_str()), 0);
  EXPECT_EQ(post(at / "ALIAS", "by another name"), 0);
  EXPECT_EQ(take(at / "box"), "by another name");
  std::array<char, 16> target{};
  EXPECT_EQ(::readlink((at / "alias").c_str(), target.data(), target.size()), 3);
  EXPECT_STREQ(target.data(), "box");
}

TEST_F(names, are_bounded_in_number) {
  const mounted small({"-o", "max_slots=2"});
  small.slot("a");
  ASSERT_EQ(::mkdir((small / "b").c_str(), 0755), 0);
  EXPECT_EQ(outcome(::mknod((small / "c").c_str(), S_IFREG, 0)), ENOSPC);
  ASSERT_EQ(::unlink((small / "a").c_str()), 0);
  EXPECT_EQ(outcome(::mknod((small / "c").c_str(), S_IFREG, 0)), 0);
}

}  // namespace
}  // namespace mailslot::test

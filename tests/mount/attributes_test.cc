// Owners, modes, times and settings through a real mount: what one changes another sees at once, by whichever
// door, though the kernel remembers attributes for as long as it is not told otherwise.
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <algorithm>

namespace mailslot::test {
namespace {

constexpr uid_t alice = 1234, bob = 1235;

struct attributes : testing::Test {
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "acts as other users, which only root can";
  }

  mounted at{{"-o", "allow_other"}};
  std::string inbox = at.slot("inbox");

  static struct stat of(const std::string& path) {
    struct stat s{};
    EXPECT_EQ(::stat(path.c_str(), &s), 0) << path << ": " << errno;
    return s;
  }
  static std::pair<time_t, long> time_in(const std::string& path) {
    const auto t = of(path).st_mtim;
    return {t.tv_sec, t.tv_nsec};
  }
  static std::pair<time_t, long> time_out(const std::string& path) {
    const auto t = of(path).st_atim;
    return {t.tv_sec, t.tv_nsec};
  }
  static int opens(const std::string& path, int flags) { return file(path, flags) ? 0 : errno; }
  static std::string xattr(const std::string& path, const char* name) {
    std::array<char, 256> value{};
    const auto n = ::getxattr(path.c_str(), name, value.data(), value.size());
    return n < 0 ? errno_text(errno) : std::string(value.data(), static_cast<std::size_t>(n));
  }
  static int set_xattr(const std::string& path, const char* name, const std::string& value, int flags = 0) {
    return outcome(::setxattr(path.c_str(), name, value.data(), value.size(), flags));
  }
};

TEST_F(attributes, everybody_writes_and_the_owner_reads) {
  EXPECT_EQ(in_process(bob, [&] { return post(inbox, "from bob"); }), 0);
  EXPECT_EQ(in_process(bob, [&] { return opens(inbox, O_RDONLY); }), EACCES);
  EXPECT_EQ(take(inbox), "from bob");
}

TEST_F(attributes, a_new_mode_counts_at_once_for_others) {
  EXPECT_EQ(in_process(bob, [&] { return opens(inbox, O_RDONLY); }), EACCES);
  ASSERT_EQ(::chmod(inbox.c_str(), 0666), 0);
  EXPECT_EQ(in_process(bob, [&] { return opens(inbox, O_RDONLY); }), 0);
  ASSERT_EQ(::chmod(inbox.c_str(), 0600), 0);
  EXPECT_EQ(in_process(bob, [&] { return opens(inbox, O_WRONLY); }), EACCES);
  EXPECT_EQ(in_process(bob, [&] { return opens(at / "INBOX", O_WRONLY); }), EACCES);
  EXPECT_EQ(in_process(bob, [&] { return opens(at / ".info/inbox", O_RDONLY); }), EACCES);
}

TEST_F(attributes, a_new_owner_counts_at_once) {
  EXPECT_EQ(in_process(bob, [&] { return opens(inbox, O_RDONLY); }), EACCES);
  ASSERT_EQ(::chown(inbox.c_str(), bob, bob), 0);
  EXPECT_EQ(in_process(bob, [&] { return opens(inbox, O_RDONLY); }), 0);
  EXPECT_EQ(of(inbox).st_uid, bob);
  EXPECT_EQ(of(at / ".info/inbox").st_uid, bob);
  EXPECT_EQ(in_process(alice, [&] { return outcome(::chmod(inbox.c_str(), 0666)); }), EPERM);
  EXPECT_EQ(in_process(bob, [&] { return outcome(::chmod(inbox.c_str(), 0640)); }), 0);
  EXPECT_EQ(of(inbox).st_mode & 07777U, 0640U);
}

TEST_F(attributes, everybody_makes_slots_and_removes_only_their_own) {
  const auto make = [&](const char* name) { return outcome(::mknod((at / name).c_str(), S_IFREG, 0)); };
  EXPECT_EQ(in_process(alice, [&] { return make("alices"); }), 0);
  EXPECT_EQ(in_process(bob, [&] { return make("bobs"); }), 0);
  EXPECT_EQ(of(at / "alices").st_uid, alice);
  EXPECT_EQ(in_process(bob, [&] { return outcome(::unlink((at / "alices").c_str())); }), EPERM);
  EXPECT_EQ(in_process(bob, [&] { return outcome(::rename((at / "alices").c_str(), (at / "x").c_str())); }),
            EPERM);
  EXPECT_EQ(
      in_process(bob, [&] { return outcome(::rename((at / "bobs").c_str(), (at / "alices").c_str())); }),
      EPERM);
  EXPECT_EQ(in_process(alice, [&] { return outcome(::unlink((at / "ALICES").c_str())); }), 0);
  // Root needs no permission, and `echo > slot` of another works though everybody may make slots here.
  EXPECT_EQ(in_process(alice,
                       [&] {
                         const file f(at / "bobs", O_WRONLY | O_CREAT | O_TRUNC, 0600);
                         return f ? write_all(f.fd(), "x") : errno;
                       }),
            0);
  EXPECT_EQ(outcome(::unlink((at / "bobs").c_str())), 0);
}

TEST_F(attributes, in_a_closed_directory_only_those_work_who_may) {
  ASSERT_EQ(in_process(alice, [&] { return ::umask(0), outcome(::mkdir((at / "private").c_str(), 0700)); }),
            0);
  ASSERT_EQ(in_process(alice, [&] { return outcome(::mknod((at / "private/x").c_str(), S_IFREG, 0)); }), 0);
  for (const char* door : {"private/x", ".info/private/x"}) {
    EXPECT_EQ(in_process(bob, [&] { return opens(at / door, O_WRONLY); }), EACCES) << door;
    EXPECT_EQ(in_process(alice, [&] { return opens(at / door, O_WRONLY); }), 0) << door;
  }
  EXPECT_EQ(in_process(bob, [&] { return outcome(::mknod((at / "private/y").c_str(), S_IFREG, 0)); }),
            EACCES);
  ASSERT_EQ(::chmod((at / "private").c_str(), 0755), 0);
  EXPECT_EQ(in_process(bob, [&] { return opens(at / "private/x", O_WRONLY); }), 0);
}

TEST_F(attributes, stat_shows_messages_as_they_come_and_go_by_the_slots_own_name) {
  auto in = time_in(inbox), out = time_out(inbox);
  ASSERT_EQ(post(inbox, "x"), 0);
  EXPECT_GT(time_in(inbox), in);
  EXPECT_EQ(time_out(inbox), out);
  EXPECT_EQ(of(inbox).st_size, 0);
  in = time_in(inbox);
  ASSERT_EQ(take(inbox), "x");
  EXPECT_GT(time_out(inbox), out);
  EXPECT_EQ(time_in(inbox), in);
}

TEST_F(attributes, stat_shows_messages_as_they_come_and_go_by_another_door) {
  const std::string view = at / ".as/wait/inbox";
  for (int i = 0; i < 20; ++i) {
    const auto in = time_in(inbox), out = time_out(inbox);
    ASSERT_EQ(post(view, "x"), 0);
    ASSERT_GT(time_in(inbox), in);
    ASSERT_EQ(take(view), "x");
    ASSERT_GT(time_out(inbox), out);
  }
  // A read that waited, and was answered long after it had begun.
  const auto out = time_out(inbox);
  process reader([&] { return take(view) == "y" ? 0 : 1; });
  ASSERT_TRUE(eventually([&] { return at.waiting("inbox") == 1; }));
  time_out(inbox);
  ASSERT_EQ(post(inbox, "y"), 0);
  ASSERT_EQ(reader.result(), 0);
  EXPECT_GT(time_out(inbox), out);
}

TEST_F(attributes, stat_shows_a_change_of_settings_by_each_door) {
  const auto changed = [&] { return std::pair(of(inbox).st_ctim.tv_sec, of(inbox).st_ctim.tv_nsec); };
  auto before = changed();
  at.set("inbox", "max_messages=5");
  EXPECT_GT(changed(), before);
  before = changed();
  ASSERT_EQ(set_xattr(inbox, "user.mailslot.max_messages", "6"), 0);
  EXPECT_GT(changed(), before);
}

TEST_F(attributes, times_can_be_set_until_the_next_message) {
  const std::array<timespec, 2> times = {timespec{1000, 5}, timespec{2000, 7}};
  ASSERT_EQ(::utimensat(AT_FDCWD, inbox.c_str(), times.data(), 0), 0);
  EXPECT_EQ(time_out(inbox), (std::pair<time_t, long>(1000, 5)));
  EXPECT_EQ(time_in(inbox), (std::pair<time_t, long>(2000, 7)));
  ASSERT_EQ(post(inbox, "x"), 0);
  EXPECT_GT(time_in(inbox).first, 2000);
}

TEST_F(attributes, the_three_doors_to_settings_agree) {
  at.set("inbox", "read_timeout=1500\nfull=drop-oldest\n");
  EXPECT_EQ(xattr(inbox, "user.mailslot.read_timeout"), "1500");
  EXPECT_EQ(xattr(inbox, "user.mailslot.full"), "drop-oldest");
  EXPECT_EQ(xattr(at / ".info/inbox", "user.mailslot.full"), "drop-oldest");
  ASSERT_EQ(set_xattr(inbox, "user.mailslot.read_timeout", "forever"), 0);
  EXPECT_EQ(at.info("inbox", "read_timeout"), "forever");
}

TEST_F(attributes, extended_ones_are_refused_with_the_usual_numbers) {
  EXPECT_EQ(xattr(inbox, "user.mailslot.nothing"), errno_text(ENODATA));
  EXPECT_EQ(xattr(inbox, "user.other"), errno_text(ENODATA));
  EXPECT_EQ(xattr(at.path(), "user.mailslot.count"), errno_text(ENODATA));
  EXPECT_EQ(set_xattr(inbox, "user.mailslot.nothing", "1"), EINVAL);
  EXPECT_EQ(set_xattr(inbox, "user.mailslot.ttl", "soon"), EINVAL);
  EXPECT_EQ(set_xattr(inbox, "user.mailslot.count", "1"), EPERM);
  EXPECT_EQ(set_xattr(inbox, "user.mailslot.durable", "sync"), EOPNOTSUPP);
  EXPECT_EQ(set_xattr(inbox, "user.other", "1"), EOPNOTSUPP);
  EXPECT_EQ(set_xattr(inbox, "user.mailslot.ttl", "5", XATTR_CREATE), EEXIST);
  EXPECT_EQ(set_xattr(inbox, "user.mailslot.ttl", "5", XATTR_REPLACE), 0);
  EXPECT_EQ(outcome(::removexattr(inbox.c_str(), "user.mailslot.ttl")), EPERM);
  std::array<char, 2> small{};
  EXPECT_EQ(::getxattr(inbox.c_str(), "user.mailslot.full", small.data(), small.size()), -1);
  EXPECT_EQ(errno, ERANGE);
  EXPECT_EQ(::getxattr(inbox.c_str(), "user.mailslot.full", nullptr, 0), 6);
}

TEST_F(attributes, extended_ones_are_listed) {
  std::string names(4096, '\0');
  const auto n = ::listxattr(inbox.c_str(), names.data(), names.size());
  ASSERT_GT(n, 0);
  names.resize(static_cast<std::size_t>(n));
  EXPECT_EQ(::listxattr(inbox.c_str(), nullptr, 0), n);
  int count = 0;
  for (std::string_view rest = names; !rest.empty(); ++count) {
    const std::string name(rest.substr(0, rest.find('\0')));
    EXPECT_NE(xattr(inbox, name.c_str()), errno_text(ENODATA)) << name;
    rest.remove_prefix(name.size() + 1);
  }
  EXPECT_GE(count, 20);
  EXPECT_EQ(::listxattr(at.path().c_str(), nullptr, 0), 0);
}

TEST_F(attributes, settings_are_for_the_owner_to_change) {
  ASSERT_EQ(::chown(inbox.c_str(), alice, alice), 0);
  ASSERT_EQ(::chmod(inbox.c_str(), 0666), 0);
  EXPECT_EQ(in_process(bob, [&] { return set_xattr(inbox, "user.mailslot.ttl", "5"); }), EPERM);
  EXPECT_EQ(in_process(bob, [&] { return opens(at / ".info/inbox", O_WRONLY); }), EACCES);
  EXPECT_EQ(in_process(bob, [&] { return opens(at / ".info/inbox", O_RDONLY); }), 0);
  EXPECT_EQ(in_process(bob, [&] { return xattr(inbox, "user.mailslot.ttl") == "0" ? 0 : 1; }), 0);
  EXPECT_EQ(in_process(alice, [&] { return set_xattr(inbox, "user.mailslot.ttl", "5"); }), 0);
  EXPECT_EQ(in_process(alice, [&] { return post(at / ".info/inbox", "ttl=6\n"); }), 0);
  EXPECT_EQ(at.info("inbox", "ttl"), "6");
}

TEST_F(attributes, info_refuses_a_whole_text_for_one_bad_line) {
  EXPECT_EQ(post(at / ".info/inbox", "ttl=5\nfull=never\n"), EINVAL);
  EXPECT_EQ(post(at / ".info/inbox", "ttl=5\ncount=1\n"), EPERM);
  EXPECT_EQ(post(at / ".info/inbox", "ttl=5\ndurable=async\n"), EOPNOTSUPP);
  EXPECT_EQ(at.info("inbox", "ttl"), "0");
}

TEST_F(attributes, metrics_are_for_root) {
  EXPECT_EQ(in_process(bob, [&] { return opens(at / ".metrics", O_RDONLY); }), EACCES);
  EXPECT_EQ(opens(at / ".metrics", O_WRONLY), EACCES);
  ASSERT_EQ(post(inbox, "x"), 0);
  EXPECT_NE(take(at / ".metrics").find("mailslot_slot_messages{slot=\"inbox\"} 1\n"), std::string::npos);
}

// The kernel knows the owner of a view's file from when it looked the name up.
TEST_F(attributes, a_former_owner_changes_nothing_through_a_view_that_is_still_open) {
  ASSERT_EQ(::chown(inbox.c_str(), alice, alice), 0);
  const file view(at / ".as/peek/inbox", O_RDONLY);
  ASSERT_TRUE(view);
  ASSERT_EQ(::chown(inbox.c_str(), bob, bob), 0);
  ASSERT_EQ(::chmod(inbox.c_str(), 0600), 0);
  EXPECT_EQ(in_process(alice, [&] { return outcome(::fchmod(view.fd(), 0666)); }), EPERM);
  struct stat s{};
  ASSERT_EQ(::stat(inbox.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777U, 0600U);
}

TEST_F(attributes, a_level_of_another_computer_is_taken_away_by_its_maker_and_root) {
  const std::string level = at / "@HOST/level";
  ASSERT_EQ(in_process(alice, [&] { return outcome(::mkdir(level.c_str(), 0755)); }), 0);
  EXPECT_EQ(in_process(bob, [&] { return outcome(::rmdir(level.c_str())); }), EPERM);
  EXPECT_EQ(in_process(alice, [&] { return outcome(::rmdir(level.c_str())); }), 0);
  ASSERT_EQ(in_process(alice, [&] { return outcome(::mkdir(level.c_str(), 0755)); }), 0);
  EXPECT_EQ(::rmdir(level.c_str()), 0);
}

TEST_F(attributes, a_date_beyond_all_clocks_is_taken_for_the_furthest) {
  const std::array<timespec, 2> times = {timespec{20'000'000'000, 0}, timespec{-20'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, inbox.c_str(), times.data(), 0), 0);
  struct stat s{};
  ASSERT_EQ(::stat(inbox.c_str(), &s), 0);
  EXPECT_GT(s.st_atim.tv_sec, 9'000'000'000);
  EXPECT_LT(s.st_mtim.tv_sec, -9'000'000'000);
}

TEST_F(attributes, without_allow_other_nobody_else_gets_in) {
  const mounted own;
  own.slot("box");
  EXPECT_EQ(in_process(bob, [&] { return opens(own / "box", O_WRONLY); }), EACCES);
}

TEST_F(attributes, a_full_file_system_shows_in_statfs) {
  struct statfs before{}, after{};
  ASSERT_EQ(::statfs(at.path().c_str(), &before), 0);
  at.slot("another");
  ASSERT_EQ(post(inbox, std::string(1'000'000, 'x')), 0);
  ASSERT_EQ(::statfs(at.path().c_str(), &after), 0);
  EXPECT_EQ(after.f_ffree, before.f_ffree - 1);
  EXPECT_LE(after.f_bfree, before.f_bfree - 1'000'000 / 4096);
  EXPECT_EQ(before.f_blocks * static_cast<fsblkcnt_t>(before.f_bsize), 256U << 20U);
}

}  // namespace
}  // namespace mailslot::test

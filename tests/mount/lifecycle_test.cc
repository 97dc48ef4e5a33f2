// How the daemon starts and ends: usable when its parent returns, gone without a trace, whatever ended it.
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>

namespace mailslot::test {
namespace {

struct ended {
  int status = -1;  // exit status; 128 + signal
  std::string out, err;
};

// Runs the daemon's program to the end of the process that was started; a daemon may go on in the background.
ended run(const std::vector<std::string>& arguments) {
  const scratch_directory place;
  const std::string out = place.path() + "/out", err = place.path() + "/err";
  std::vector<std::string> words = {daemon_program()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  process p([&] {
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    ::unsetenv("JOURNAL_STREAM");
    ::execv(argv[0], argv.data());
    return 127;
  });
  ended e;
  const int status = p.join();
  if (status != -1) e.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  const auto text = [](const std::string& path) {
    std::ifstream f(path);
    return std::string(std::istreambuf_iterator<char>(f), {});
  };
  e.out = text(out);
  e.err = text(err);
  ::unlink(out.c_str());
  ::unlink(err.c_str());
  return e;
}

// The daemons that serve `mountpoint`, by their command line.
std::vector<pid_t> daemons_of(const std::string& mountpoint) {
  std::vector<pid_t> all;
  std::error_code failed;
  for (const auto& e : std::filesystem::directory_iterator("/proc", failed)) {
    const int pid = std::atoi(e.path().filename().c_str());
    if (pid <= 0 || mounted::is_zombie(pid)) continue;
    std::ifstream file(e.path() / "cmdline");
    const std::string line(std::istreambuf_iterator<char>(file), {});
    if (line.starts_with(daemon_program() + '\0') &&
        (line + '\0').find('\0' + mountpoint + '\0') != std::string::npos)
      all.push_back(pid);
  }
  return all;
}

TEST(start, the_mount_is_usable_when_the_command_returns_and_gone_when_it_is_unmounted) {
  const scratch_directory place;
  const auto e = run({place.path(), "-o", "read_timeout=0"});
  EXPECT_EQ(e.status, 0) << e.err;
  EXPECT_EQ(e.out + e.err, "");
  ASSERT_TRUE(is_mounted(place.path()));
  const std::string box = place.path() + "/box";
  EXPECT_EQ(outcome(::mknod(box.c_str(), S_IFREG, 0)), 0);
  EXPECT_EQ(post(box, "x"), 0);
  EXPECT_EQ(take(box), "x");
  EXPECT_FALSE(daemons_of(place.path()).empty());
  if (::geteuid() == 0) {
    EXPECT_EQ(outcome(::umount2(place.path().c_str(), 0)), 0);
  } else {
    EXPECT_EQ(::system(("fusermount3 -u " + place.path()).c_str()), 0);
  }
  EXPECT_TRUE(eventually([&] { return daemons_of(place.path()).empty(); }));
}

TEST(start, help_and_version_go_to_standard_output) {
  for (const char* option : {"-h", "--help"}) {
    const auto e = run({option});
    EXPECT_EQ(e.status, 0);
    EXPECT_NE(e.out.find("usage: mailslotfs"), std::string::npos);
    EXPECT_EQ(e.err, "");
  }
  for (const char* option : {"-V", "--version"}) {
    const auto e = run({option});
    EXPECT_EQ(e.status, 0);
    EXPECT_TRUE(e.out.starts_with("mailslotfs 0.")) << e.out;
    EXPECT_EQ(std::ranges::count(e.out, '\n'), 1);
  }
}

TEST(start, a_mistake_is_one_line_and_nothing_is_mounted) {
  const scratch_directory place;
  const std::vector<std::string> rows[] = {{place.path(), "-o", "colour=red"},
                                           {place.path(), "-o", "slot_mode=999"},
                                           {place.path(), "--nonsense"},
                                           {place.path(), "-x"},
                                           {"one", "two", "three"},
                                           {place.path() + "/missing"},
                                           {""},
                                           {"/proc/self/cmdline"},
                                           {}};
  for (const auto& arguments : rows) {
    const auto e = run(arguments);
    EXPECT_EQ(e.status, 1) << testing::PrintToString(arguments);
    EXPECT_EQ(std::ranges::count(e.err, '\n'), 1) << e.err;
    EXPECT_TRUE(e.err.starts_with("mailslotfs: ")) << e.err;
    EXPECT_EQ(e.out, "");
  }
  EXPECT_FALSE(is_mounted(place.path()));
}

TEST(start, the_mount_of_a_daemon_that_died_is_detached) {
  mounted at;
  const std::string path = at.path();
  at.slot("old");
  at.stop(SIGKILL);
  struct stat s{};
  ASSERT_EQ(::stat(path.c_str(), &s), -1);
  ASSERT_TRUE(is_ended(errno)) << errno;
  const pid_t pid = mounted::start(path, {});
  EXPECT_TRUE(eventually([&] { return is_mounted(path) && ::stat(path.c_str(), &s) == 0; }));
  EXPECT_EQ(::stat((path + "/old").c_str(), &s), -1);
  EXPECT_EQ(errno, ENOENT);
  ::kill(pid, SIGTERM);
  EXPECT_EQ(exit_status_of(pid), 0);
  // Nothing lies below either.
  EXPECT_EQ(::umount2(path.c_str(), MNT_DETACH), -1);
}

TEST(end, a_signal_ends_blocked_reads_with_end_of_file_and_leaves_nothing) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    mounted at;
    at.slot("box", "read_timeout=forever");
    at.slot("views", "read_timeout=forever");
    at.slot("gone", "read_timeout=forever");
    std::vector<process> readers;
    for (const char* path : {"box", "box", ".as/lines/views", ".as/tail/views", "gone"}) {
      readers.emplace_back([&at, path] { return take(at / path).empty() ? 0 : 1; });
    }
    ASSERT_TRUE(eventually([&] { return at.waiting("box") == 2 && at.waiting("gone") == 1; }));
    const std::string path = at.path();
    const int status = at.stop(signal);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << signal << ": " << status;
    for (auto& r : readers) EXPECT_NE(r.join(), -1);
    EXPECT_FALSE(is_mounted(path));
    EXPECT_TRUE(eventually([&] { return daemons_of(path).empty(); }));
  }
}

TEST(end, open_files_of_any_kind_do_not_keep_the_daemon) {
  mounted at;
  const std::string box = at.slot("box");
  ASSERT_EQ(post(box, "half read"), 0);
  ASSERT_EQ(post(box, "next"), 0);
  const file half(box, O_RDONLY), other(box, O_RDONLY), out(box, O_WRONLY),
      folder(at.path(), O_RDONLY | O_DIRECTORY);
  const file view(at / ".as/file/box", O_WRONLY);
  ASSERT_EQ(read_once(half.fd(), 4), "half");
  ASSERT_EQ(write_all(view.fd(), "never closed"), 0);
  // Somebody polls again and again, also while the daemon ends: closing the half-read one would tell them.
  process watcher([&] {
    for (;;) {
      pollfd p{other.fd(), POLLPRI, 0};
      ::poll(&p, 1, 1);
    }
    return 0;
  });
  process busy([&] {
    for (int i = 0;; ++i) {
      ::mknodat(folder.fd(), std::to_string(i % 10).c_str(), S_IFREG, 0);  // never below the mount point
      post(box, "x");
    }
    return 0;
  });
  ASSERT_TRUE(eventually([&] { return std::atoi(at.info("box", "posted").c_str()) > 10; }));
  const int status = at.stop();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  char byte = 0;
  EXPECT_EQ(::read(half.fd(), &byte, 1), -1);
  EXPECT_TRUE(is_ended(errno)) << errno;
}

TEST(end, a_daemon_that_is_killed_leaves_no_process_blocked) {
  mounted at;
  at.slot("box", "read_timeout=forever");
  std::vector<process> readers;
  for (int i = 0; i < 10; ++i)
    readers.emplace_back([&] { return take(at / "box").starts_with("(errno") ? 0 : 1; });
  ASSERT_TRUE(eventually([&] { return at.waiting("box") == 10; }));
  const std::string path = at.path();
  at.stop(SIGKILL);
  for (auto& r : readers) EXPECT_EQ(r.result(), 0);
  EXPECT_TRUE(eventually([&] { return daemons_of(path).empty(); }));
}

TEST(end, a_daemon_that_is_killed_in_the_middle_of_everything_leaves_no_process_blocked) {
  for (int round = 0; round < 10; ++round) {
    mounted at;
    at.slot("box", "read_timeout=forever");
    std::vector<process> users;
    for (int i = 0; i < 6; ++i) {
      users.emplace_back([&at, i] {
        for (int n = 0; n < 1'000'000; ++n) {
          struct stat s{};
          const std::string box = at / "box";
          const bool ended = i % 3 == 0   ? post(box, "x") == ENOTCONN
                             : i % 3 == 1 ? take(box).starts_with("(errno")
                                          : ::stat(box.c_str(), &s) != 0;
          if (ended) return 0;
        }
        return 1;
      });
    }
    ASSERT_TRUE(eventually([&] { return std::atoi(at.info("box", "taken").c_str()) > 5 * round; }));
    at.stop(SIGKILL);
    for (auto& u : users) EXPECT_NE(u.join(), -1);
  }
}

TEST(start, a_place_where_slots_are_already_is_refused) {
  mounted at;
  at.slot("box");
  const ended second = run({at.path()});
  EXPECT_EQ(second.status, 1);
  EXPECT_NE(second.err.find("already"), std::string::npos) << second.err;
  EXPECT_EQ(post(at / "box", "hello"), 0);
  EXPECT_EQ(take(at / "box"), "hello");
}

TEST(end, what_lies_below_the_mount_stays_when_somebody_else_has_unmounted) {
  const scratch_directory place;
  ASSERT_EQ(::mount("below", place.path().c_str(), "tmpfs", 0, nullptr), 0) << errno;
  const file below(place.path() + "/below", O_WRONLY | O_CREAT, 0600);
  const pid_t daemon = mounted::start(place.path(), {});
  ASSERT_TRUE(eventually([&] { return is_mounted(place.path()); }));
  ASSERT_EQ(::umount2(place.path().c_str(), MNT_DETACH), 0) << errno;
  const int status = exit_status_of(daemon);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(::access((place.path() + "/below").c_str(), F_OK), 0)
      << "the daemon unmounted what was not its own";
}

TEST(end, unmounting_from_outside_ends_the_daemon) {
  mounted at;
  at.slot("box");
  ASSERT_EQ(outcome(::umount2(at.path().c_str(), MNT_DETACH)), 0);
  const int status = at.wait_for_end();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace mailslot::test

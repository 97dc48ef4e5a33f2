// A real mount in a temporary directory for the life of an object: starts the daemon under test, waits until
// the mount answers, and leaves no mount, process or directory behind, also when a test fails half way or is
// killed.
#pragma once

#include "tests/support/eventually.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace mailslot::test {

// A descriptor that closes itself.
class file {
 public:
  file() = default;
  explicit file(int fd) : fd_(fd) {}
  file(const std::string& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  file(file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file& operator=(file&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file() { close(); }

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 ? 0 : ::close(fd);
  }

 private:
  int fd_ = -1;
};

// The program under test.
inline std::string daemon_program() {
  if (const char* given = std::getenv("MAILSLOTFS")) return given;
  return "build/mailslotfs";
}

inline bool is_mounted(const std::string& path) {
  struct statfs s{};
  return ::statfs(path.c_str(), &s) == 0 && s.f_type == 0x65735546;  // FUSE_SUPER_MAGIC
}

// A directory of its own for a mount point; unmounts whatever lies on it, and removes it.
class scratch_directory {
 public:
  scratch_directory() {
    const char* place = std::getenv("TMPDIR");
    path_ = std::string(place ? place : "/tmp") + "/mount.XXXXXX";
    if (!::mkdtemp(path_.data())) std::abort();
    ::chmod(path_.c_str(), 0755);
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() {
    while (::umount2(path_.c_str(), MNT_DETACH) == 0) {
    }
    ::rmdir(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Waits for the end of `pid`; -1 when it has not ended within the patience of eventually().
inline int exit_status_of(pid_t pid) {
  int status = -1;
  const bool ended = eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; });
  return ended ? status : -1;
}

class mounted {
 public:
  // `options`: further arguments of the daemon.
  explicit mounted(std::vector<std::string> options = {}) {
    pid_ = start(path(), std::move(options));
    if (!eventually([&] { return is_mounted(path()) || !alive(); }) || !is_mounted(path())) {
      ADD_FAILURE() << "no mount at " << path();
    }
  }
  mounted(const mounted&) = delete;
  mounted& operator=(const mounted&) = delete;
  ~mounted() {
    if (pid_ <= 0) return;
    const int status = stop();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the daemon ended with status " << status;
  }

  const std::string& path() const { return place_.path(); }
  std::string operator/(const std::string& name) const { return path() + "/" + name; }
  pid_t pid() const { return pid_; }
  bool alive() const { return pid_ > 0 && ::kill(pid_, 0) == 0 && !is_zombie(pid_); }

  // Ends the daemon; returns its wait(2) status, -1 when it had to be killed.
  int stop(int signal = SIGTERM) {
    if (pid_ <= 0) return -1;
    ::kill(pid_, signal);
    return wait_for_end();
  }
  // The same for one that ends by itself.
  int wait_for_end() {
    const int status = exit_status_of(pid_);
    if (status == -1) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
    return status;
  }

  // What most tests begin with: an empty slot. Returns its path.
  std::string slot(const std::string& name, const std::string& settings = {}) const {
    const std::string at = *this / name;
    EXPECT_EQ(::mknod(at.c_str(), S_IFREG | 0644, 0), 0) << at << ": " << errno;
    if (!settings.empty()) set(name, settings);
    return at;
  }
  // Lines "key=value" into .info.
  void set(const std::string& name, const std::string& settings) const {
    const file info(*this / (".info/" + name), O_WRONLY);
    EXPECT_EQ(::write(info.fd(), settings.data(), settings.size()), static_cast<ssize_t>(settings.size()))
        << settings << ": " << errno;
  }
  // The value of `key` in .info.
  std::string info(const std::string& name, const std::string& key) const {
    std::ifstream text(*this / (".info/" + name));
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
    }
    return "(none)";
  }
  // Reads that are blocked at the slot now.
  int waiting(const std::string& name) const { return std::atoi(info(name, "waiting").c_str()); }

  // Starts the daemon in the foreground; it ends when this thread does.
  static pid_t start(const std::string& at, std::vector<std::string> options) {
    std::vector<std::string> words = {daemon_program(), at, "-f"};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> argv;
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  static char state_of(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(stat), {}};
    const auto end = text.rfind(')');
    return end == std::string::npos || end + 2 >= text.size() ? '?' : text[end + 2];
  }
  static bool is_zombie(pid_t pid) { return state_of(pid) == 'Z'; }

 private:
  scratch_directory place_;
  pid_t pid_ = -1;
};

// Runs `what` in a process of its own, as user `uid` where it is not root's 0; returns what it returned (0 …
// 125), or 126 and more when it died. No exception, no assertion of GoogleTest inside.
template <class What>
int in_process(uid_t uid, What&& what) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (uid != 0 && (::setgid(uid) != 0 || ::setuid(uid) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after setuid(2), which takes it back
    ::_exit(what());
  }
  const int status = exit_status_of(pid);
  if (status == -1) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return 127;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

// A process that goes on beside the test until it is joined or killed.
class process {
 public:
  template <class What>
  explicit process(What&& what) : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(what());
  }
  process(process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  process& operator=(process&&) = delete;
  ~process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  // Nothing once it was joined: kill(2) of -1 would be for everybody.
  void kill(int signal) const {
    if (pid_ > 0) ::kill(pid_, signal);
  }
  // The wait(2) status; -1 when it does not end, or was joined before.
  int join() {
    if (pid_ <= 0) return -1;
    const int status = exit_status_of(pid_);
    if (status != -1) pid_ = -1;
    return status;
  }
  // What it returned; -1 when it died or does not end.
  int result() {
    const int status = join();
    return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_;
};

// --- one call each, with the outcome as a value ---

// "(errno N)" for a failed call, else the bytes.
inline std::string read_once(int fd, std::size_t room = 2'000'000) {
  std::string text(room, '\0');
  const ssize_t n = ::read(fd, text.data(), room);
  if (n < 0) return "(errno " + std::to_string(errno) + ")";
  text.resize(static_cast<std::size_t>(n));
  return text;
}
inline std::string errno_text(int number) {
  return "(errno " + std::to_string(number) + ")";
}
// 0 or errno; a short write is EIO.
inline int write_all(int fd, const std::string& text) {
  const ssize_t n = ::write(fd, text.data(), text.size());
  if (n < 0) return errno;
  return static_cast<std::size_t>(n) == text.size() ? 0 : EIO;
}
// What calls end with when the daemon has ended. Over io_uring the kernel may need a moment to say ENOTCONN.
inline bool is_ended(int error) {
  return error == ENOTCONN || error == ECONNABORTED || error == ECANCELED;
}
// Opens, writes once, closes, as `echo -n text > path` does. 0 or errno.
inline int post(const std::string& path, const std::string& text, int flags = O_WRONLY | O_TRUNC) {
  file f(path, flags);
  if (!f) return errno;
  const int failed = write_all(f.fd(), text);
  return failed != 0 ? failed : f.close() == 0 ? 0 : errno;
}
// Opens, reads once, closes.
inline std::string take(const std::string& path) {
  const file f(path, O_RDONLY);
  return f ? read_once(f.fd()) : errno_text(errno);
}

// Lets a moment of up to 131 us pass without going to sleep: another one each time, the same in each run.
class any_moment {
 public:
  void pass() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(random_() >> 14U);
    while (std::chrono::steady_clock::now() < until) {
    }
  }

 private:
  std::minstd_rand random_;
};

// A figure of .metrics that has no labels; -1: it is not there.
inline long metric(const mounted& at, const std::string& name) {
  const auto text = take(at / ".metrics");
  const auto found = text.find("\n" + name + " ");
  return found == std::string::npos ? -1 : std::atol(text.c_str() + found + name.size() + 2);
}
// 0 or errno.
inline int outcome(int result) {
  return result == 0 ? 0 : errno;
}

}  // namespace mailslot::test

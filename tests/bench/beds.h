// What the groups measure on: mounts of the daemon and of the empty handler, on one transport, on one
// processor or wherever the scheduler puts them; and the calls that are timed.
#pragma once

#include "tests/support/mounted.h"

#include <fmt/format.h>
#include <sched.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mailslot::bench {

using test::file;
using test::mounted;
using test::process;

inline void must(bool fine, const std::string& what) {
  if (fine) return;
  fmt::print(stderr, "bench: {}: {}\n", what, std::strerror(errno));
  std::exit(1);
}

inline void put(int fd, const std::string& bytes) {
  must(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
}

inline std::size_t get(int fd, std::string& into) {
  const auto n = ::read(fd, into.data(), into.size());
  must(n > 0, "read");
  return static_cast<std::size_t>(n);
}

// Keeps this thread, and processes that it starts meanwhile, on one processor.
class on_one_processor {
 public:
  // Whether daemons on this transport have to be started meanwhile. Over io_uring each processor has its own
  // thread of the daemon, which has to be able to run on all.
  static bool with_daemon(const std::string& transport) { return transport == "dev"; }

  on_one_processor() {
    must(::sched_getaffinity(0, sizeof(before_), &before_) == 0, "sched_getaffinity");
    std::size_t last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &before_)) --last;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    must(::sched_setaffinity(0, sizeof(one), &one) == 0, "sched_setaffinity");
  }
  on_one_processor(const on_one_processor&) = delete;
  on_one_processor& operator=(const on_one_processor&) = delete;
  ~on_one_processor() { ::sched_setaffinity(0, sizeof(before_), &before_); }

 private:
  cpu_set_t before_{};
};

// The programs and the transports, from the command line.
struct equipment {
  std::string empty_handler;
  std::vector<std::string> transports;  // "dev", "uring"
};

// A mount of the empty handler for the life of an object; `words` are its further arguments.
class empty_mount {
 public:
  empty_mount(const std::string& program, const std::vector<std::string>& words) {
    std::vector<std::string> all = {program, place_.path()};
    all.insert(all.end(), words.begin(), words.end());
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      std::vector<char*> argv;
      for (auto& w : all) argv.push_back(w.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    must(test::eventually([&] { return test::is_mounted(place_.path()) || ::kill(pid_, 0) != 0; }) &&
             test::is_mounted(place_.path()),
         "the empty handler does not mount");
  }
  empty_mount(const empty_mount&) = delete;
  empty_mount& operator=(const empty_mount&) = delete;
  ~empty_mount() {
    ::umount2(place_.path().c_str(), MNT_DETACH);
    test::exit_status_of(pid_);
  }
  std::string file() const { return place_.path() + "/s"; }

 private:
  test::scratch_directory place_;
  pid_t pid_ = -1;
};

inline std::vector<std::string> daemon_options(const std::string& transport) {
  return {"-o", "allow_other,total_bytes=2G,max_slots=1000000,log_level=warning,transport=" + transport};
}

}  // namespace mailslot::bench

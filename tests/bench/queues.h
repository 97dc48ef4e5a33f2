// The kernel's own queues, for comparison.
#pragma once

#include "tests/bench/beds.h"

#include <mqueue.h>
#include <sys/socket.h>

#include <array>

namespace mailslot::bench {

// A Unix datagram socket at each end.
class datagram_pair {
 public:
  datagram_pair() {
    std::array<int, 2> both{};
    must(::socketpair(AF_UNIX, SOCK_DGRAM, 0, both.data()) == 0, "socketpair");
    here_ = file(both[0]);
    there_ = file(both[1]);
  }
  int here() const { return here_.fd(); }
  int there() const { return there_.fd(); }

 private:
  file here_, there_;
};

// Bytes go in at in() and come out at out().
class pipe_pair {
 public:
  pipe_pair() {
    std::array<int, 2> both{};
    must(::pipe(both.data()) == 0, "pipe");
    out_ = file(both[0]);
    in_ = file(both[1]);
  }
  int in() const { return in_.fd(); }
  int out() const { return out_.fd(); }

 private:
  file out_, in_;
};

// A POSIX message queue without a name, for messages of up to `size` bytes, as long as the system allows
// (fs.mqueue.msg_max).
class posix_queue {
 public:
  explicit posix_queue(long size) {
    long most = 10;
    std::ifstream("/proc/sys/fs/mqueue/msg_max") >> most;
    mq_attr how{};
    how.mq_maxmsg = most;
    how.mq_msgsize = size;
    const auto name = fmt::format("/mailslot-bench-{}-{}", ::getpid(), ++made_);
    queue_ = ::mq_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600, &how);
    must(queue_ >= 0, "mq_open");
    ::mq_unlink(name.c_str());
  }
  posix_queue(const posix_queue&) = delete;
  posix_queue& operator=(const posix_queue&) = delete;
  ~posix_queue() { ::mq_close(queue_); }

  void put(const std::string& bytes) const {
    must(::mq_send(queue_, bytes.data(), bytes.size(), 0) == 0, "mq_send");
  }
  void get(std::string& into) const {
    must(::mq_receive(queue_, into.data(), into.size(), nullptr) > 0, "mq_receive");
  }

 private:
  static inline int made_ = 0;
  mqd_t queue_ = -1;
};

}  // namespace mailslot::bench

// Plays the kernel on one end of a socket pair, with the adapter under libfuse on the other: no mount, no
// device, and every answer can be made to come at the wrong moment. Speaks the protocol of
// include/uapi/linux/fuse.h.
#pragma once

#include "fs/fuse/custom_io.h"
#include "fs/fuse/filesystem.h"
#include "tests/support/eventually.h"

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <gtest/gtest.h>
#include <linux/fuse.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mailslot::test {

class fake_kernel {
 public:
  struct answer {
    int error = 0;  // a positive errno
    std::string bytes;
    template <class Body>
    Body as() const {
      Body b{};
      std::memcpy(&b, bytes.data(), std::min(sizeof(b), bytes.size()));
      return b;
    }
  };
  struct notice {
    int code = 0;  // enum fuse_notify_code
    std::string bytes;
  };

  explicit fake_kernel(filesystem& serves, unsigned workers = 2) : serves_(serves) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    kernel_end_ = ends[0];
    std::array<char*, 2> argv = {const_cast<char*>("fake"), nullptr};
    fuse_args args = FUSE_ARGS_INIT(1, argv.data());
    session_ = fuse_session_new(&args, &filesystem::operations(), sizeof(fuse_lowlevel_ops), &serves);
    fuse_opt_free_args(&args);
    {
      const std::lock_guard held(registry_mutex());
      registry()[ends[1]] = this;
    }
    daemon_end_ = ends[1];
    static constexpr fuse_custom_io io = custom_io(reply, request);
    EXPECT_EQ(fuse_session_custom_io(session_, &io, daemon_end_), 0);
    serves_.attach(session_);
    for (unsigned i = 0; i < workers; ++i) workers_.emplace_back([this] { serve(); });
    listener_ = std::thread([this] { listen(); });
    const auto begun = ask(FUSE_INIT, 0, fuse_init_in{7, 44, 1U << 20U, 0xffffU, 0, {}});
    EXPECT_EQ(begun.error, 0);
  }
  fake_kernel(const fake_kernel&) = delete;
  fake_kernel& operator=(const fake_kernel&) = delete;
  // As when somebody has unmounted.
  ~fake_kernel() {
    // libfuse keeps a signal for nobody until later requests have come, and would leak it.
    for (int i = 0; i <= interrupts_; ++i) ask(FUSE_STATFS, FUSE_ROOT_ID);
    serves_.attach(nullptr);
    fuse_session_exit(session_);
    ::shutdown(kernel_end_, SHUT_RDWR);
    for (auto& w : workers_) w.join();
    listener_.join();
    serves_.close_all();
    fuse_session_destroy(session_);  // closes its end
    {
      const std::lock_guard held(registry_mutex());
      registry().erase(daemon_end_);
    }
    ::close(kernel_end_);
  }

  // --- requests; `body` is what follows the header, a structure or text ---

  template <class... Body>
  std::uint64_t send(std::uint32_t opcode, std::uint64_t node, const Body&... body) {
    return send_as(next_unique(), opcode, node, body...);
  }
  // With a number that next_unique() gave before.
  template <class... Body>
  std::uint64_t send_as(std::uint64_t unique, std::uint32_t opcode, std::uint64_t node, const Body&... body) {
    std::string packet(sizeof(fuse_in_header), '\0');
    (append(packet, body), ...);
    fuse_in_header header{};
    header.len = static_cast<std::uint32_t>(packet.size());
    header.opcode = opcode;
    header.unique = unique;
    header.nodeid = node;
    header.uid = uid;
    header.gid = uid;
    header.pid = 1;
    std::memcpy(packet.data(), &header, sizeof(header));
    EXPECT_EQ(::send(kernel_end_, packet.data(), packet.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(packet.size()));
    return unique;
  }
  template <class... Body>
  answer ask(std::uint32_t opcode, std::uint64_t node, const Body&... body) {
    return wait_for(send(opcode, node, body...));
  }
  std::uint64_t next_unique() {
    const std::lock_guard held(mutex_);
    return last_unique_ += 2;
  }

  answer lookup(std::string_view name, std::uint64_t in = FUSE_ROOT_ID) {
    return ask(FUSE_LOOKUP, in, name_of(name));
  }
  // The number of a new slot; 0 when it was refused.
  std::uint64_t make_slot(std::string_view name) {
    const auto a = ask(FUSE_MKNOD, FUSE_ROOT_ID, fuse_mknod_in{S_IFREG | 0644, 0, 0, 0}, name_of(name));
    return a.error != 0 ? 0 : a.as<fuse_entry_out>().nodeid;
  }
  std::uint64_t open(std::uint64_t node, int flags) {
    const auto a = ask(FUSE_OPEN, node, fuse_open_in{static_cast<std::uint32_t>(flags), 0});
    EXPECT_EQ(a.error, 0);
    return a.as<fuse_open_out>().fh;
  }
  void release(std::uint64_t node, std::uint64_t handle) {
    fuse_release_in in{};
    in.fh = handle;
    EXPECT_EQ(ask(FUSE_RELEASE, node, in).error, 0);
  }
  static fuse_read_in read_in(std::uint64_t handle, std::uint32_t room = 4096, std::uint64_t offset = 0,
                              int flags = 0) {
    fuse_read_in in{};
    in.fh = handle;
    in.offset = offset;
    in.size = room;
    in.lock_owner = 1;
    in.flags = static_cast<std::uint32_t>(flags);
    return in;
  }
  answer write(std::uint64_t node, std::uint64_t handle, std::string_view text) {
    fuse_write_in in{};
    in.fh = handle;
    in.size = static_cast<std::uint32_t>(text.size());
    in.flags = O_WRONLY;
    return ask(FUSE_WRITE, node, in, text);
  }
  // A signal for the one who waits for `unique`. Has no answer.
  void interrupt(std::uint64_t unique) {
    send(FUSE_INTERRUPT, 0, fuse_interrupt_in{unique});
    ++interrupts_;
  }
  void forget(std::uint64_t node, std::uint64_t times) { send(FUSE_FORGET, node, fuse_forget_in{times}); }

  // --- answers ---

  bool answered(std::uint64_t unique) {
    const std::lock_guard held(mutex_);
    return answers_.contains(unique);
  }
  answer wait_for(std::uint64_t unique) {
    std::unique_lock held(mutex_);
    const bool came = changed_.wait_for(held, patience, [&] { return answers_.contains(unique); });
    EXPECT_TRUE(came) << "no answer";
    return came ? answers_[unique] : answer{EIO, {}};
  }
  // The one who asked is gone: the answer to `unique` will be refused with ENOENT, and counted.
  void gone(std::uint64_t unique) {
    const std::lock_guard held(mutex_);
    gone_.insert(unique);
  }
  int refused() {
    const std::lock_guard held(mutex_);
    return refused_;
  }
  // Inodes that the kernel does not know: notices of changed attributes are refused with ENOENT.
  void know_no_inodes() {
    const std::lock_guard held(mutex_);
    no_inodes_ = true;
  }
  std::vector<notice> notices() {
    const std::lock_guard held(mutex_);
    return notices_;
  }
  bool was_told(int code) {
    const auto all = notices();
    return std::ranges::any_of(all, [code](const notice& n) { return n.code == code; });
  }
  // Answers to what was never asked, or asked once.
  int surplus() {
    const std::lock_guard held(mutex_);
    return surplus_;
  }

  std::uint32_t uid = 1000;  // who asks
  // Called in the thread that handles a request, when it begins (true) and when it is done; to be set before
  // there is any kernel.
  static inline void (*around_request)(bool begins) = nullptr;

 private:
  static std::string name_of(std::string_view name) { return std::string(name) + '\0'; }
  static void append(std::string& packet, std::string_view text) { packet += text; }
  static void append(std::string& packet, const std::string& text) { packet += text; }
  template <class Body>
  static void append(std::string& packet, const Body& body) {
    packet.append(reinterpret_cast<const char*>(&body), sizeof(body));
  }

  static std::mutex& registry_mutex() {
    static std::mutex mutex;
    return mutex;
  }
  static std::map<int, fake_kernel*>& registry() {
    static std::map<int, fake_kernel*> all;
    return all;
  }

  static ssize_t request(int fd, void* into, std::size_t room, void*) {
    if (around_request) around_request(false);
    const auto size = ::recv(fd, into, room, 0);
    if (around_request) around_request(true);
    return size;
  }
  static ssize_t reply(int fd, iovec* parts, int count, void*) {
    fake_kernel* self = nullptr;
    {
      const std::lock_guard held(registry_mutex());
      self = registry()[fd];
    }
    fuse_out_header header{};
    std::memcpy(&header, parts[0].iov_base, sizeof(header));
    {
      const std::lock_guard held(self->mutex_);
      const bool nobody = header.unique != 0 ? self->gone_.contains(header.unique)
                                             : self->no_inodes_ && header.error == FUSE_NOTIFY_INVAL_INODE;
      if (nobody) {
        ++self->refused_;
        errno = ENOENT;
        return -1;
      }
    }
    msghdr m{};
    m.msg_iov = parts;
    m.msg_iovlen = static_cast<std::size_t>(count);
    return ::sendmsg(fd, &m, MSG_NOSIGNAL);
  }

  void serve() {
    fuse_buf buffer{};
    while (fuse_session_exited(session_) == 0) {
      const int size = fuse_session_receive_buf(session_, &buffer);
      if (size == -EINTR) continue;
      if (size <= 0) break;
      fuse_session_process_buf(session_, &buffer);
    }
    std::free(buffer.mem);
  }

  void listen() {
    std::string packet(1U << 21U, '\0');
    for (;;) {
      const auto size = ::recv(kernel_end_, packet.data(), packet.size(), 0);
      if (size < static_cast<ssize_t>(sizeof(fuse_out_header))) return;
      fuse_out_header header{};
      std::memcpy(&header, packet.data(), sizeof(header));
      std::string body = packet.substr(sizeof(header), static_cast<std::size_t>(size) - sizeof(header));
      const std::lock_guard held(mutex_);
      if (header.unique == 0) {
        notices_.push_back({header.error, std::move(body)});
      } else if (!answers_.try_emplace(header.unique, answer{-header.error, std::move(body)}).second) {
        ++surplus_;
      }
      changed_.notify_all();
    }
  }

  filesystem& serves_;
  int kernel_end_ = -1, daemon_end_ = -1;
  fuse_session* session_ = nullptr;
  std::vector<std::thread> workers_;
  std::thread listener_;
  int interrupts_ = 0;
  std::mutex mutex_;  // all below
  std::condition_variable changed_;
  std::uint64_t last_unique_ = 0;
  std::map<std::uint64_t, answer> answers_;
  std::vector<notice> notices_;
  std::set<std::uint64_t> gone_;
  bool no_inodes_ = false;
  int refused_ = 0;
  int surplus_ = 0;
};

}  // namespace mailslot::test

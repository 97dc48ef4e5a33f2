// Mounting, serving and unmounting over /dev/fuse.
#include "fs/fuse/session.h"

#include "fs/fuse/mount_table.h"
#include "fs/fuse/unmount.h"

#include <fcntl.h>
#include <fuse.h>
#include <fuse_log.h>
#include <pthread.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace mailslot {
namespace {

// Ends a worker's read(2); its handler does nothing.
constexpr int wake_signal = SIGURG;

constexpr fuse_custom_io plain_io = {
    .writev = [](int fd, iovec* parts, int count, void*) { return ::writev(fd, parts, count); },
    .read = [](int fd, void* into, std::size_t room, void*) { return ::read(fd, into, room); },
    .splice_receive = nullptr,
    .splice_send = nullptr,
};

libfuse_listener heard_by{};

void pass_on(fuse_log_level level, const char* format, va_list values) {
  const int priority = static_cast<int>(level);
  if (!heard_by.wants(priority)) return;
  std::array<char, 1024> line{};
  const int length = std::vsnprintf(line.data(), line.size(), format, values);
  if (length < 0) return;
  std::string_view text(line.data(),
                        std::min<std::size_t>(static_cast<std::size_t>(length), line.size() - 1));
  if (text.ends_with('\n')) text.remove_suffix(1);
  heard_by.say(priority, text);
}

// In a mount option, "," ends it and "\" protects.
std::string escaped(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == ',' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string kernel_options(const mount_options& how) {
  std::string all = "default_permissions,subtype=mailslotfs,fsname=" + escaped(how.source);
  if (how.allow_other) all += ",allow_other";
  if (how.read_only) all += ",ro";
  if (how.no_exec) all += ",noexec";
  return all;
}

unsigned worker_count(unsigned wanted) {
  return wanted != 0 ? wanted : std::clamp(std::thread::hardware_concurrency(), 2U, 16U);
}

}  // namespace

void session::listen(const libfuse_listener& who) {
  heard_by = who;
  fuse_set_log_func(pass_on);
}

bool session::detach_dead(const std::string& mountpoint) {
  // Not stat(2): the kernel may have the attributes of a mount that is dead. Several may lie upon each other.
  struct statfs s{};
  int detached = 0;
  while (detached < 100 && ::statfs(mountpoint.c_str(), &s) != 0 && errno == ENOTCONN) {
    unmount(mountpoint);
    ++detached;
  }
  return detached > 0;
}

expected<std::unique_ptr<session>> session::mount(filesystem& serves, const mount_options& how) {
  // With -d libfuse always has its lines about requests ready; whether anybody hears them may change.
  std::array<char*, 3> argv = {const_cast<char*>("mailslotfs"), const_cast<char*>("-d"), nullptr};
  fuse_args args = FUSE_ARGS_INIT(heard_by.wants ? 2 : 1, argv.data());
  const auto& ops = filesystem::operations();
  std::unique_ptr<fuse_session, destroy> made(fuse_session_new(&args, &ops, sizeof(ops), &serves));
  fuse_opt_free_args(&args);
  if (!made) return refuse(errc::bad_value);
  errno = EPERM;
  const int fd = fuse_open_channel(how.mountpoint.c_str(), kernel_options(how).c_str());
  if (fd < 0) return refuse(std::error_code(errno, std::generic_category()));
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (const int failed = fuse_session_custom_io(made.get(), &plain_io, fd); failed != 0) {
    unmount(how.mountpoint);
    ::close(fd);
    return refuse(std::error_code(std::abs(failed), std::generic_category()));
  }
  const auto mounted = topmost_mount(how.mountpoint);
  return std::unique_ptr<session>(new session(serves, how, made.release(), mounted ? mounted->id : ""));
}

session::~session() {
  stop();
}

void session::start(std::function<void()> unmounted) {
  unmounted_ = std::move(unmounted);
  struct sigaction nothing{};
  nothing.sa_handler = [](int) {};
  ::sigaction(wake_signal, &nothing, nullptr);
  serves_.attach(session_.get());
  for (unsigned i = 0; i < worker_count(options_.workers); ++i) {
    auto& w = *workers_.emplace_back(std::make_unique<worker>());
    w.thread = std::thread([this, &w] { serve(w); });
  }
}

void session::serve(worker& self) {
  fuse_buf request{};
  while (fuse_session_exited(session_.get()) == 0) {
    const int size = fuse_session_receive_buf(session_.get(), &request);
    if (size == -EINTR || size == -EAGAIN || size == -ENOMEM) continue;
    if (size <= 0) break;
    fuse_session_process_buf(session_.get(), &request);
  }
  std::free(request.mem);
  if (!stopping_.exchange(true)) unmounted_();
  self.done = true;
}

void session::stop() {
  stopping_ = true;
  if (!session_) return;
  serves_.attach(nullptr);
  fuse_session_exit(session_.get());
  // Somebody else may have unmounted, and what lies there now is not ours.
  if (const auto there = topmost_mount(options_.mountpoint); there && there->id == mount_id_) {
    options_.unmount(options_.mountpoint);
  }
  // A worker that waits in read(2) is woken, again and again: a signal that comes before its read(2) is lost.
  for (auto& w : workers_) {
    while (!w->done) {
      ::pthread_kill(w->thread.native_handle(), wake_signal);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    w->thread.join();
  }
  workers_.clear();
  serves_.close_all();
  session_.reset();
}

}  // namespace mailslot

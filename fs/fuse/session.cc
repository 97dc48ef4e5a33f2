// Mounting and unmounting.
#include "fs/fuse/session.h"

#include "fs/fuse/mount_table.h"
#include "fs/fuse/unmount.h"

#include <fcntl.h>
#include <fuse.h>
#include <fuse_log.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace mailslot {
namespace {

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

}  // namespace

void session::listen(const libfuse_listener& who) {
  heard_by = who;
  fuse_set_log_func(pass_on);
}

bool session::detach_dead(const std::string& mountpoint) {
  // Not stat(2): the kernel may have the attributes of a mount that is dead. Several may lie upon each other.
  struct statfs s{};
  bool detached = false;
  for (int tries = 0; tries < 100 && ::statfs(mountpoint.c_str(), &s) != 0; ++tries) {
    if (errno == ENOTCONN) {
      unmount(mountpoint);
      detached = true;
    } else if (is_dying(errno)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } else {
      break;
    }
  }
  return detached;
}

expected<std::unique_ptr<session>> session::mount(filesystem& serves, const mount_options& how,
                                                  std::unique_ptr<transport> way) {
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
  if (const int failed = fuse_session_custom_io(made.get(), &way->io(), fd); failed != 0) {
    unmount(how.mountpoint);
    ::close(fd);
    return refuse(std::error_code(std::abs(failed), std::generic_category()));
  }
  const auto mounted = topmost_mount(how.mountpoint);
  return std::unique_ptr<session>(
      new session(serves, how, std::move(way), made.release(), mounted ? mounted->id : ""));
}

session::~session() {
  stop();
}

void session::start(transport::events tell) {
  serves_.attach(session_.get());
  transport_->start(*session_, std::move(tell));
}

void session::stop() {
  if (!session_) return;
  serves_.attach(nullptr);
  fuse_session_exit(session_.get());
  // Somebody else may have unmounted, and what lies there now is not ours.
  if (const auto there = topmost_mount(options_.mountpoint); there && there->id == mount_id_) {
    options_.unmount(options_.mountpoint);
  }
  transport_->stop();
  serves_.close_all();
  session_.reset();
}

}  // namespace mailslot

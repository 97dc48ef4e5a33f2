// A mount: the connection to the kernel, the transport that serves it, and its end.
#pragma once

#include "fs/fuse/filesystem.h"
#include "fs/fuse/transport.h"
#include "fs/fuse/unmount.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mailslot {

struct mount_options {
  std::string mountpoint;  // absolute
  std::string source = "mailslotfs";
  bool allow_other = false;
  bool read_only = false;
  bool no_exec = false;
  transport_kind transport = transport_kind::automatic;
  unsigned workers = 0;  // threads that read /dev/fuse; 0 = as many as fit the machine
  // By whom stop() unmounts, if this process may not do so itself by then.
  std::function<void(const std::string& mountpoint)> unmount = mailslot::unmount;
};

// Who hears the lines of libfuse. Priorities are those of syslog(3); each request is some lines at LOG_DEBUG.
struct libfuse_listener {
  bool (*wants)(int priority);
  void (*say)(int priority, std::string_view text);  // one line, without its end
};

class session {
 public:
  // For all sessions of the process, before the first. Without it libfuse prints on stderr.
  static void listen(const libfuse_listener& who);

  // Mounts; requests will come by `way`. Errors: what mount(2) or fusermount3 said; libfuse prints its own
  // line on stderr for the latter.
  static expected<std::unique_ptr<session>> mount(filesystem& serves, const mount_options& how,
                                                  std::unique_ptr<transport> way);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  // Unmounts if stop() was not called.
  ~session();

  // Starts serving. transport::events::ended: somebody else has unmounted.
  void start(transport::events tell);
  // Unmounts and ends the threads. Nothing may be parked any more.
  void stop();

  transport_figures figures() const { return transport_->figures(); }

  // Detaches what a daemon that died has left at `mountpoint` (stat says ENOTCONN). True if there was
  // something.
  static bool detach_dead(const std::string& mountpoint);

 private:
  struct destroy {
    void operator()(fuse_session* s) const { fuse_session_destroy(s); }
  };
  session(filesystem& serves, const mount_options& how, std::unique_ptr<transport> way, fuse_session* s,
          std::string mount_id)
      : serves_(serves),
        options_(how),
        mount_id_(std::move(mount_id)),
        transport_(std::move(way)),
        session_(s) {}

  filesystem& serves_;
  const mount_options options_;
  const std::string mount_id_;
  const std::unique_ptr<transport> transport_;  // outlives the session, whose answers go through it
  std::unique_ptr<fuse_session, destroy> session_;
};

}  // namespace mailslot

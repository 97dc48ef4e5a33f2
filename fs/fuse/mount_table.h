// What is mounted where, from /proc/self/mountinfo: without asking the mount itself, which may be our own.
#pragma once

#include <sys/stat.h>

#include <istream>
#include <optional>
#include <string>

namespace mailslot {

struct mount_entry {
  std::string id;    // unique while it is mounted
  std::string type;  // "fuse.mailslotfs"
};

// The uppermost mount at `path` (absolute, no symlink), or nothing. proc_pid_mountinfo(5).
std::optional<mount_entry> topmost_mount(std::istream& mountinfo, const std::string& path);
std::optional<mount_entry> topmost_mount(const std::string& path);

// Whether `error` is what requests end with in the moment in which a daemon dies. Afterwards it is ENOTCONN;
// over io_uring that takes some milliseconds.
bool is_dying(int error) noexcept;
// stat(2) of a mount point: 0 or errno. Waits up to a second until a daemon that is dying is dead.
int stat_mountpoint(const std::string& path, struct stat& out) noexcept;

}  // namespace mailslot

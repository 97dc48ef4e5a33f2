// What is mounted where, from /proc/self/mountinfo: without asking the mount itself, which may be our own.
#pragma once

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

}  // namespace mailslot

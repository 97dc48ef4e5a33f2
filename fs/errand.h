// A small process that touches slots through the mount, for the daemon: no thread of the daemon ever uses its
// own mount, because one that is killed in that moment can never end (it waits for an answer of itself).
#pragma once

#include "fs/slot/error.h"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace mailslot {

class errand {
 public:
  // Starts the process; before there are threads, and before the mount. It ends when this object does, or
  // when this process dies. Errors: of fork(2) and pipe(2).
  static expected<errand> start(const std::string& mountpoint);
  errand(errand&& other) noexcept;
  errand& operator=(errand&&) = delete;
  ~errand();

  // Asks for utimensat(2), mtime alone, on `path` below the mount point. Never waits; false: the process has
  // too much to do, and the touch does not happen.
  bool touch(std::string_view path);

 private:
  errand(pid_t process, int orders) : process_(process), orders_(orders) {}
  pid_t process_;
  int orders_;  // packets, a path each
};

}  // namespace mailslot

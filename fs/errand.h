// A small process that touches slots through the mount, for the daemon: no thread of the daemon ever uses its
// own mount, because one that is killed in that moment can never end (it waits for an answer of itself).
#pragma once

#include "fs/companion.h"

#include <string>
#include <string_view>

namespace mailslot {

class errand {
 public:
  // Starts the process; before there are threads, and before the mount. Errors: of companion::start().
  static expected<errand> start(const std::string& mountpoint);

  // Asks for utimensat(2), mtime alone, on `path` below the mount point. Never waits; false: the process has
  // too much to do, and the touch does not happen.
  bool touch(std::string_view path) { return process_.order(path); }

 private:
  explicit errand(companion process) : process_(std::move(process)) {}
  companion process_;
};

}  // namespace mailslot

// A small process that does for the daemon what takes capabilities, so that the daemon, which parses what
// strangers send, needs none. It never uses the mount: the daemon waits for its answers.
#pragma once

#include "fs/companion.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace mailslot {

class deputy {
 public:
  // Starts the process; before there are threads, and with the capabilities that it shall have. Errors: of
  // companion::start().
  static expected<std::unique_ptr<deputy>> start(const std::string& mountpoint);

  // What fs/fuse/killed.h and calling.h say of a process, whosever it is. Any thread; some microseconds.
  bool dies_of_a_signal(pid_t pid) noexcept;
  bool makes_a_directory(pid_t thread) noexcept;

  // As unmount() in fs/fuse/unmount.h, of the mount point that it was started with.
  void unmount() noexcept;

 private:
  explicit deputy(companion process) : process_(std::move(process)) {}
  bool ask(std::string_view what) noexcept;

  companion process_;
  std::mutex mutex_;  // one question at a time
};

}  // namespace mailslot

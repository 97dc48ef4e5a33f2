// What a command sees of the process it runs in. main() fills it in from the real one, tests from files of
// their own; no command looks at the environment or at the descriptors 0, 1 and 2 by itself.
#pragma once

#include <string>

namespace mailslot::cli {

struct surroundings {
  int in = 0;
  int out = 1;
  int err = 2;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool colour = false;  // may be used where the terminal is
  int columns = 80;     // of the terminal
  int rows = 24;
  std::string root = "/mailslot";  // MAILSLOT_ROOT
  // Whether `root` is where mailslotfs is mounted, or why that cannot be told: an errno, 0 for yes. ENODEV:
  // there is something else.
  int (*check_mount)(const std::string& root) = nullptr;
};

// Those of this process.
surroundings real_surroundings();

// The exit statuses of all commands.
enum exit_status : int {
  success = 0,
  failed = 1,        // what was asked for could not be done; one sentence on `err` says why
  nothing_came = 1,  // recv only, without a sentence: no message in time
  wrong_usage = 2,   // the arguments make no sense
  recv_failed = 3,   // recv only: as `failed`, which means something else there
};

}  // namespace mailslot::cli

// Running a command of the user with a message on its input.
#pragma once

#include "fs/cli/failure.h"

#include <csignal>
#include <string>
#include <string_view>

namespace mailslot::cli {

// Runs `command` by sh -c with `input` on its standard input and `output` as its standard output, and waits
// for its end. `mask`: the signals that it has blocked. Returns its exit status, 128 + N after signal N.
result<int> run_command(const std::string& command, std::string_view input, int output, const sigset_t& mask);

}  // namespace mailslot::cli

// The syntax of the command line, in one place; commands know nothing of it.
#pragma once

#include "fs/cli/surroundings.h"

#include <string>
#include <vector>

namespace mailslot::cli {

// The whole program: `arguments` without its own name, the exit status back.
int run(const std::vector<std::string>& arguments, const surroundings& around);

}  // namespace mailslot::cli

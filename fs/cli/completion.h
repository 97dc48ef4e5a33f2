// What may come next on a command line, for the completion of shells.
#pragma once

#include "fs/cli/surroundings.h"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mailslot::cli {

// What may stand in the place of the last of `words`, which follow the name of the program; `app` has the
// subcommands and their options. Never asks a mount that does not answer at once for more than a directory.
std::vector<std::string> complete_words(const surroundings& around, const CLI::App& app,
                                        const std::vector<std::string>& words);

}  // namespace mailslot::cli

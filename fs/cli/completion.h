// What may come next on a command line, for the completion of shells.
#pragma once

#include "fs/cli/surroundings.h"

#include <string>
#include <string_view>
#include <vector>

namespace mailslot::cli {

// Names of slots and directories (these with a "/") that begin with `begun`, written in the same way; "@"
// names computers. Never asks a mount that does not answer at once for more than a directory.
std::vector<std::string> complete_name(const surroundings& around, const std::string& begun);

// "key=", or "key=value" once the key is there.
std::vector<std::string> complete_attribute(const std::string& begun);

// "json+tail": the word after the last "+".
std::vector<std::string> complete_view(const std::string& begun);

}  // namespace mailslot::cli

// Computers that the node of a mount has heard of: the lines of .net/peers.
#pragma once

#include "fs/cli/failure.h"

#include <string>
#include <vector>

namespace mailslot::cli {

result<std::vector<std::string>> known_hosts(const surroundings& around);
// The name in such a line.
std::string host_of(const std::string& peer);

}  // namespace mailslot::cli

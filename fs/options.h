// The command line of the daemon: [SOURCE] MOUNTPOINT, -o key=value,..., the same as --key=value, and a few
// letters. One table of keys serves them all, and the help text.
#pragma once

#include "fs/fuse/session.h"
#include "fs/network.h"
#include "fs/tree/tree.h"

#include <string>
#include <vector>

namespace mailslot {

struct options {
  mount_options mount;
  tree_options names;
  network_options network;
  bool root_mode_given = false;
  std::string first_of_network;  // the first option given that needs a network
  std::uint64_t total_bytes = 256ULL << 20U;
  std::uint64_t user_bytes = 64ULL << 20U;
  bool foreground = false;
  bool help = false;
  bool version = false;
};

// The arguments after the program's name. The error is one line for people.
tl::expected<options, std::string> parse_options(const std::vector<std::string>& arguments);

std::string help_text();

}  // namespace mailslot

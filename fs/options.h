// What the daemon was asked to do: [SOURCE] MOUNTPOINT, -o key=value,..., the same as --key=value, a few
// letters, and a configuration file with the same keys. fs/option_table.h has the keys.
#pragma once

#include "fs/fuse/session.h"
#include "fs/log.h"
#include "fs/network.h"
#include "fs/tree/tree.h"

#include <optional>
#include <string>
#include <vector>

namespace mailslot {

// An option as it was given, and where: "" on the command line, "FILE:LINE" in a file.
struct given_option {
  std::string key;
  std::optional<std::string> value;  // none: a key alone
  std::string where = {};
};

struct options {
  mount_options mount;
  tree_options names;
  network_options network;
  bool root_mode_given = false;
  std::optional<given_option> first_of_network;  // the first that needs a network
  std::uint64_t total_bytes = 256ULL << 20U;
  std::uint64_t user_bytes = 64ULL << 20U;
  log::level log_level = log::level::notice;
  bool foreground = false;
  bool help = false;
  bool version = false;
};

// The arguments after the program's name; reads the file that config= names, whose options count where the
// command line is silent. The error is one line for people: what was wrong on the command line is named, what
// was wrong in the file has its line and key.
tl::expected<options, std::string> parse_options(const std::vector<std::string>& arguments);

std::string help_text();

// Every option with the value that it has, as a file for config= (mailslotfs.toml(5)). Those of the network
// are there only with a network.
std::string config_text(const options& o);

// What may be changed while the daemon runs: the level in a line log_level=LEVEL, or as config_text() has it.
std::optional<log::level> read_log_level(std::string_view line);

}  // namespace mailslot

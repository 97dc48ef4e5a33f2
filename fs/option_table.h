// The options of the daemon: one table that the command line, the configuration file, --help and the text of
// the running configuration have in common. Knows no syntax: an option is a key and a value as texts.
#pragma once

#include "fs/options.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailslot {

enum class option_type : std::uint8_t {
  flag,     // is there, or has the value yes or no
  single,   // the last value counts
  several,  // each value is one more
};

struct option_row {
  option_type type;
  std::string_view key;
  std::string_view value;  // what the help shows after "="; of a flag: nothing
  std::string_view help;
  std::string_view form;  // what a value that makes sense looks like; of a flag: nothing
  // False: the value makes no sense. A flag gets "yes" or "no".
  bool (*apply)(std::string_view value, options& o);
  // The values as apply() takes them, of a flag "yes" or "no"; none: there is nothing to say.
  std::vector<std::string> (*show)(const options& o);
  bool of_network = false;  // means something with net=netbios only
};

std::span<const option_row> option_rows();
// Null: there is no such option.
const option_row* find_option(std::string_view key);
// The key that somebody who wrote `key` may have meant; empty: none is near.
std::string_view nearest_option(std::string_view key);

// What is said of a wrong one: on the command line `option "KEY" SENTENCE`, in a file `FILE:LINE: KEY:
// SENTENCE`.
std::string complaint_about(const given_option& what, std::string_view sentence);

// Applies one that the table has; on error, a line for people.
std::optional<std::string> apply_option(const given_option& what, options& o);

}  // namespace mailslot

// A configuration file in TOML: the keys and values of -o, one a line, without sections. Knows the syntax of
// files and nothing of what the options mean.
#pragma once

#include "fs/options.h"

#include <string>
#include <string_view>
#include <vector>

namespace mailslot {

// The options in `path` in their order, each with "path:line". A list gives its key several times, true and
// false are yes and no, other values are as written. On error: "path:line: what is wrong", in one line.
tl::expected<std::vector<given_option>, std::string> read_config(const std::string& path);

// The same of a text that was read already; `path` is for complaints.
tl::expected<std::vector<given_option>, std::string> parse_config(std::string_view text,
                                                                  const std::string& path);

// What is in the file at `path`. On error: a sentence with the path and why.
tl::expected<std::string, std::string> read_text_file(const std::string& path);

// `text` as a TOML string.
std::string toml_quoted(std::string_view text);

}  // namespace mailslot

// The attributes of a slot through its .info file: lines "key=value".
#pragma once

#include "fs/cli/files.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailslot::cli {

using attribute = std::pair<std::string, std::string>;
using attributes = std::vector<attribute>;

// "key=value" as on the command line. Failure: without "=" or key, or with a line break.
result<attribute> parse_attribute(std::string_view text);
result<attributes> parse_attributes(const std::vector<std::string>& texts);

attributes parse_info(std::string_view text);
std::optional<std::string> value_of(const attributes& all, std::string_view key);
// 0 for what is not there, or no number.
long long number_of(const attributes& all, std::string_view key);

result<attributes> read_attributes(const target& slot);
// All or none. The sentence of a refusal says what each key takes.
result<void> write_attributes(const target& slot, const attributes& wanted);

// What people may write after "key=", or "" for a key that is not known here.
std::string_view takes(std::string_view key);

// Keys that can be set, for help and completion.
std::vector<std::string_view> settable_keys();

}  // namespace mailslot::cli

// The attributes of a slot as text: one table of keys for .info, extended attributes and the command line.
#pragma once

#include "fs/slot/settings.h"
#include "fs/slot/slot.h"

#include <string>
#include <string_view>
#include <vector>

namespace mailslot {

// The keys in the order in which they are shown.
std::vector<std::string_view> attribute_keys();

// The value of `key`. Errors: no_such_attribute.
expected<std::string> attribute_value(std::string_view key, const settings& s, const figures& f);

// Sets `key` in `s`. Errors: bad_value (also for a key that there is not), not_permitted (a key that only
// reads), not_supported (durable other than "no").
std::error_code set_attribute(std::string_view key, std::string_view value, settings& s);

// All as lines "key=value".
std::string attributes_text(const settings& s, const figures& f);

// Applies such lines, all or none; empty lines and the spaces around keys and values do not count.
std::error_code apply_attributes(std::string_view text, settings& s);

// A count of bytes with an optional K, M or G (powers of 1024). Errors: bad_value.
expected<std::uint64_t> parse_size(std::string_view text);
// Milliseconds, or "forever". Errors: bad_value.
expected<duration> parse_timeout(std::string_view text);
// The same the other way round.
std::string timeout_text(duration d);

}  // namespace mailslot

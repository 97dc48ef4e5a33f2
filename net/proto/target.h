// What follows the @ in /mailslot/@…: HOST, DOMAIN, *, NAME#1c. Text to a NetBIOS name; knows nothing of who
// has it.
#pragma once

#include "net/wire/name.h"

#include <optional>
#include <string_view>

namespace mailslot::net {

struct target {
  netbios_name name;
  bool own_domain = false;  // "*": the primary domain of whoever asks; `name` is of no use then
};

// Nothing for what cannot be a NetBIOS name: empty, longer than 15 bytes, with a separator, a '*' or a
// control byte in it, or with a # that is not followed by two hexadecimal digits.
std::optional<target> parse_target(std::string_view text);

}  // namespace mailslot::net

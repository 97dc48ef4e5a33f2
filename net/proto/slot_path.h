// Names of slots on their way between the wire ("TAXES\comments") and the file system ("TAXES/comments").
// The gate that keeps remote text from becoming a path unchecked. Knows no file system.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailslot::net {

// Nothing when the name could not be the path of a slot: an empty level, ".", "..", a level that begins with
// '.' or
// '@' at the top, a '/', a control byte, or a level of more than 255 bytes.
std::optional<std::string> path_from_wire(std::string_view name);

// Nothing when the path has an empty level or a NUL.
std::optional<std::string> path_to_wire(std::string_view path);

}  // namespace mailslot::net

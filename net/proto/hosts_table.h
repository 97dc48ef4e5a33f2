// The static table of `hosts=FILE`: names that are never asked for on the network, so that nobody can lie
// about them.
//
//   # like lmhosts: an address, a name, and what kind of name it is
//   10.0.0.7     FILESRV            # any kind of name
//   10.0.0.9     SALES#1c  group    # one address a line; a group may have several
//
// Text to a table; reads no file.
#pragma once

#include "net/proto/route.h"
#include "net/wire/name.h"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mailslot::net {

class hosts_table {
 public:
  // On error: one sentence for the operator, with the number of the line.
  static tl::expected<hosts_table, std::string> parse(std::string_view text);

  // Null when the table says nothing of the name. A line for just this kind of name wins over one for any
  // kind.
  [[nodiscard]] const route* find(const netbios_name& name) const;

 private:
  std::unordered_map<netbios_name, route> exact_;
  std::unordered_map<std::string, route> any_kind_;
};

}  // namespace mailslot::net

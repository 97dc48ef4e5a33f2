// Where messages to a name go.
#pragma once

#include "net/wire/ipv4.h"

#include <vector>

namespace mailslot::net {

struct route {
  bool group = false;
  std::vector<ipv4> addresses{};  // a group without addresses is reached by broadcast on every link

  bool operator==(const route&) const = default;
};

}  // namespace mailslot::net

// Slots of other computers as files: /@HOST/PATH is write-only and always there, whatever HOST and PATH;
// /.net shows the network. Knows the network through net/transport.h alone.
#pragma once

#include "fs/tree/tree.h"
#include "net/transport.h"

namespace mailslot {

// `network` must outlive the tree's last handle; it gets its on_message() handler, which asks `now` for the
// time. `arrived` hears of slots here that got a message by another door than their own file.
void add_network(tree& to, net::transport& network, std::function<moment()> now,
                 std::function<void(slot_node&)> arrived);

}  // namespace mailslot

// /.info/PATH: the attributes of each slot as text that can be read and written. /.info/.config, a name that
// no slot can have: a text about the daemon itself, which is not listed either.
#pragma once

#include "fs/tree/text_node.h"
#include "fs/tree/tree.h"

namespace mailslot {

void add_info(tree& to, text_source config);

}  // namespace mailslot

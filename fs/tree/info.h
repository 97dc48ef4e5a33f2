// /.info/PATH: the attributes of each slot as text that can be read and written.
#pragma once

#include "fs/tree/tree.h"

namespace mailslot {

void add_info(tree& to);

}  // namespace mailslot

// /.as/WORD[+WORD...]/PATH: every slot again, read and written another way (fs/slot/view.h says which).
#pragma once

#include "fs/tree/tree.h"

#include <string>

namespace mailslot {

// `host`: what json calls this machine.
void add_views(tree& to, std::string host);

}  // namespace mailslot

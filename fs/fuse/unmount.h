// The end of a mount. Knows mount points, and no session.
#pragma once

#include <string>

namespace mailslot {

// umount(2), or fusermount3 for those who may not. Lazily: whoever has files open or stands in the directory
// must not keep the daemon. What went wrong shows in the mount table alone.
void unmount(const std::string& mountpoint);

}  // namespace mailslot

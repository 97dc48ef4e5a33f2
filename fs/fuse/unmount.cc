// umount2(2), fusermount3(1).
#include "fs/fuse/unmount.h"

#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mailslot {

void unmount(const std::string& mountpoint) {
  if (::umount2(mountpoint.c_str(), MNT_DETACH) == 0 || errno != EPERM) return;
  std::array<char*, 6> argv = {const_cast<char*>("fusermount3"),
                               const_cast<char*>("-u"),
                               const_cast<char*>("-z"),
                               const_cast<char*>("-q"),
                               const_cast<char*>(mountpoint.c_str()),
                               nullptr};
  pid_t pid = 0;
  if (::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) == 0) ::waitpid(pid, nullptr, 0);
}

}  // namespace mailslot

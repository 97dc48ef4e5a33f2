// How libfuse is told to read and write in our way: the two functions that every version knows. Later ones
// have more of them (clone_fd since 3.17), which stay null.
#pragma once

#include <fuse_lowlevel.h>

namespace mailslot {

constexpr fuse_custom_io custom_io(decltype(fuse_custom_io::writev) writev,
                                   decltype(fuse_custom_io::read) read) {
  fuse_custom_io io{};
  io.writev = writev;
  io.read = read;
  return io;
}

}  // namespace mailslot

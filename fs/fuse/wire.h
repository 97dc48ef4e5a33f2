// The words of the kernel's FUSE protocol that libfuse 3.14 has none for: open flags and notifications.
// https://docs.kernel.org/filesystems/fuse; include/uapi/linux/fuse.h
#pragma once

#include <fuse_lowlevel.h>

#include <cstdint>

namespace mailslot {

// How an open file behaves. Always without the page cache: a slot has size 0.
struct open_flags {
  bool stream = false;    // FOPEN_STREAM: no position, no lock around it
  bool no_flush = false;  // FOPEN_NOFLUSH: close(2) sends nothing but the last RELEASE
};

// Answers OPEN, or CREATE with the new entry. 0, or -errno: -ENOENT says that the caller is gone.
int reply_open(fuse_req_t request, std::uint64_t handle, open_flags flags);
int reply_create(fuse_req_t request, const fuse_entry_param& entry, std::uint64_t handle, open_flags flags);

// FUSE_NOTIFY_INC_EPOCH (Linux 6.16): the kernel asks again about every name that it remembers, at its next
// use. Takes no lock of the kernel, so it may be sent while a request is being handled.
void notify_names_changed(int fuse_fd) noexcept;
// The protocol minor that has it.
inline constexpr unsigned minor_with_epoch = 44;

}  // namespace mailslot

// Hand-made structures of the FUSE protocol. No header of libfuse here but through wire.h: linux/fuse.h
// defines some of the same macros.
#include "fs/fuse/wire.h"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cmath>

namespace mailslot {
namespace {

enum : std::uint32_t {
  fopen_direct_io = 1U << 0U,
  fopen_stream = 1U << 4U,
  fopen_noflush = 1U << 5U,
  fopen_parallel_direct_writes = 1U << 6U
};
constexpr std::int32_t fuse_notify_inc_epoch = 8;

struct fuse_open_out {
  std::uint64_t fh;
  std::uint32_t open_flags;
  std::int32_t backing_id;
};
static_assert(sizeof(fuse_open_out) == 16);

struct fuse_attr {
  std::uint64_t ino, size, blocks, atime, mtime, ctime;
  std::uint32_t atimensec, mtimensec, ctimensec, mode, nlink, uid, gid, rdev, blksize, flags;
};
static_assert(sizeof(fuse_attr) == 88);

struct fuse_entry_out {
  std::uint64_t nodeid, generation, entry_valid, attr_valid;
  std::uint32_t entry_valid_nsec, attr_valid_nsec;
  fuse_attr attr;
};
static_assert(sizeof(fuse_entry_out) == 128);

struct fuse_out_header {
  std::uint32_t len;
  std::int32_t error;
  std::uint64_t unique;
};
static_assert(sizeof(fuse_out_header) == 16);

fuse_open_out opened(std::uint64_t handle, open_flags flags) {
  std::uint32_t bits = fopen_direct_io | fopen_parallel_direct_writes;
  if (flags.stream) bits |= fopen_stream;
  if (flags.no_flush) bits |= fopen_noflush;
  return {handle, bits, 0};
}

template <class To, class From>
constexpr To to(From value) {
  return static_cast<To>(value);
}

fuse_entry_out entry_out(const fuse_entry_param& e) {
  const struct stat& s = e.attr;
  fuse_entry_out out{};
  out.nodeid = e.ino;
  out.generation = e.generation;
  out.entry_valid = to<std::uint64_t>(e.entry_timeout);  // whole seconds are all that this program uses
  out.attr_valid = to<std::uint64_t>(e.attr_timeout);
  out.attr = {s.st_ino,
              to<std::uint64_t>(s.st_size),
              to<std::uint64_t>(s.st_blocks),
              to<std::uint64_t>(s.st_atim.tv_sec),
              to<std::uint64_t>(s.st_mtim.tv_sec),
              to<std::uint64_t>(s.st_ctim.tv_sec),
              to<std::uint32_t>(s.st_atim.tv_nsec),
              to<std::uint32_t>(s.st_mtim.tv_nsec),
              to<std::uint32_t>(s.st_ctim.tv_nsec),
              s.st_mode,
              to<std::uint32_t>(s.st_nlink),
              s.st_uid,
              s.st_gid,
              0,
              to<std::uint32_t>(s.st_blksize),
              0};
  return out;
}

template <class Body>
int reply_bytes(fuse_req_t request, const Body& body) {
  return fuse_reply_buf(request, reinterpret_cast<const char*>(&body), sizeof(body));
}

}  // namespace

int reply_open(fuse_req_t request, std::uint64_t handle, open_flags flags) {
  return reply_bytes(request, opened(handle, flags));
}

int reply_create(fuse_req_t request, const fuse_entry_param& entry, std::uint64_t handle, open_flags flags) {
  struct both {
    fuse_entry_out entry;
    fuse_open_out open;
  };
  return reply_bytes(request, both{entry_out(entry), opened(handle, flags)});
}

void notify_names_changed(int fuse_fd) noexcept {
  const fuse_out_header header{sizeof(fuse_out_header), fuse_notify_inc_epoch, 0};
  // A kernel that is gone, or too old, forgets names by itself.
  [[maybe_unused]] const auto sent = ::write(fuse_fd, &header, sizeof(header));
}

}  // namespace mailslot

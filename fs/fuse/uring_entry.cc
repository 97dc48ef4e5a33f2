// Mapping memory for entries: headers side by side, payloads on pages of their own.
#include "fs/fuse/uring_entry.h"

#include <sys/mman.h>
#include <unistd.h>

namespace mailslot {
namespace {

// `bytes`, rounded up to whole pages.
std::size_t pages(std::size_t bytes) {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

void* map(std::size_t bytes) {
  void* at =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  ::madvise(at, bytes, MADV_NOHUGEPAGE);  // one byte of a payload must not take two megabytes
  return at;
}

}  // namespace

uring_arena::~uring_arena() {
  for (const auto& m : mappings_) ::munmap(m.at, m.bytes);
}

std::size_t uring_arena::stride() const {
  return pages(uring_entry::lead + payload_);
}

bool uring_arena::grow(uring_ring& of, std::size_t count) {
  const std::size_t header_bytes = pages(count * sizeof(uring_abi::entry_header)),
                    room_bytes = count * stride();
  void* const headers = map(header_bytes);
  void* const rooms = headers ? map(room_bytes) : nullptr;
  if (!rooms) {
    if (headers) ::munmap(headers, header_bytes);
    return false;
  }
  mappings_.push_back({headers, header_bytes});
  mappings_.push_back({rooms, room_bytes});
  for (std::size_t i = 0; i < count; ++i) {
    auto& e = entries_.emplace_back();
    e.of = &of;
    e.header = static_cast<uring_abi::entry_header*>(headers) + i;
    e.room = static_cast<std::byte*>(rooms) + i * stride();
    e.parts = {iovec{e.header, sizeof(*e.header)}, iovec{e.payload(), payload_}};
  }
  return true;
}

void uring_arena::release(uring_entry& e) const {
  ::madvise(e.room, stride(), MADV_DONTNEED);
  e.touched = 0;
}

}  // namespace mailslot

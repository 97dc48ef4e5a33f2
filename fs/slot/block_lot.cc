// Where blocks are spare.
#include "fs/slot/block_lot.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#ifndef __has_feature
#define __has_feature(x) 0  // g++ has none of these
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(at, size) static_cast<void>(0)
#endif

namespace mailslot {

struct block_lot::depot {
  std::mutex mutex;
  std::size_t bytes = 0;
  std::array<std::vector<void*>, kind_of(largest) + 1> blocks;  // by kind
};

// For as long as the program runs, whoever ends first.
block_lot::depot& block_lot::spare() {
  static auto& only = *new depot;
  return only;
}

void block_lot::fetch(std::size_t kind) noexcept {
  depot& from = spare();
  const std::lock_guard held(from.mutex);
  auto& there = from.blocks[kind];
  count_ = std::min(there.size(), blocks_.size());
  std::copy(there.end() - static_cast<std::ptrdiff_t>(count_), there.end(), blocks_.begin());
  there.resize(there.size() - count_);
  from.bytes -= count_ * room_of(kind);
}

void block_lot::leave() noexcept {
  if (count_ > 1) {
    depot& to = spare();
    const std::lock_guard held(to.mutex);
    auto& there = to.blocks[kind_];
    const std::size_t fit = std::min(count_, (most_spare - to.bytes) / room_of(kind_));
    try {
      there.insert(there.end(), blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(fit));
      to.bytes += fit * room_of(kind_);
      std::copy(blocks_.begin() + static_cast<std::ptrdiff_t>(fit),
                blocks_.begin() + static_cast<std::ptrdiff_t>(count_), blocks_.begin());
      count_ -= fit;
    } catch (const std::bad_alloc&) {
      // Then nobody keeps them.
    }
  }
  while (count_ != 0) ::operator delete(blocks_[--count_]);
}

std::size_t block_lot::spare_bytes() noexcept {
  depot& at = spare();
  const std::lock_guard held(at.mutex);
  return at.bytes;
}

void* block_lot::allocate(std::size_t size) noexcept {
  const std::size_t room = size <= largest ? room_of(kind_of(size)) : size;
  void* block = ::operator new(room, std::nothrow);
  if (block) ASAN_POISON_MEMORY_REGION(static_cast<std::byte*>(block) + size, room - size);
  return block;
}

void* block_lot::get(std::size_t size) noexcept {
  if (size > largest) return allocate(size);
  const std::size_t kind = kind_of(size);
  if (kind != kind_) {
    if (count_ != 0) leave();
    if (std::exchange(kind_, kind) == 0) return allocate(size);  // many a call wants only one
  }
  if (count_ == 0) fetch(kind);
  if (count_ == 0) return allocate(size);
  void* block = blocks_[--count_];
  if (count_ >= 4) {
    const char* later = static_cast<const char*>(blocks_[count_ - 4]);
    __builtin_prefetch(later, 1);
    __builtin_prefetch(later + 64, 1);
  }
  ASAN_UNPOISON_MEMORY_REGION(block, size);
  return block;
}

void block_lot::put(void* block, std::size_t size) noexcept {
  if (size > largest) return ::operator delete(block);
  const std::size_t kind = kind_of(size);
  if ((kind != kind_ && count_ != 0) || count_ == blocks_.size()) leave();
  kind_ = kind;
  ASAN_POISON_MEMORY_REGION(block, room_of(kind));
  blocks_[count_++] = block;
}

}  // namespace mailslot

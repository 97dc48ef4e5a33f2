// Memory for the messages that many a call carries: what some of them leave serves the next ones. One thread
// takes blocks while another lets them go, so both do it a lot at a time, with a lock held once; the
// allocator would walk from each free block to the next through memory that the other thread's processor has.
// Knows blocks, not messages. For a single one the allocator is as good, and is asked.
#pragma once

#include <array>
#include <cstddef>

namespace mailslot {

// Some blocks of one size, and the way to all that are spare.
class block_lot {
 public:
  // What is kept for later, in the whole program; and the largest block that is.
  static constexpr std::size_t most_spare = 1 << 20, largest = 1024;

  block_lot() = default;
  block_lot(const block_lot&) = delete;
  block_lot& operator=(const block_lot&) = delete;
  ~block_lot() {
    if (count_ != 0) leave();
  }

  // At least `size` bytes; null: there is no memory. Whoever gets it may give it to put(), of this lot or of
  // another, or to operator delete.
  void* get(std::size_t size) noexcept;
  // What get() or allocate() returned for this `size`.
  void put(void* block, std::size_t size) noexcept;

  // The same for one alone, which is nothing that is spare.
  static void* allocate(std::size_t size) noexcept;

  // Bytes that are spare now; never more than most_spare.
  static std::size_t spare_bytes() noexcept;

 private:
  // Blocks of up to 16 * kind - 8 bytes: glibc's take as much in any case.
  static constexpr std::size_t kind_of(std::size_t size) { return (size + 23) / 16; }
  static constexpr std::size_t room_of(std::size_t kind) { return 16 * kind - 8; }
  struct depot;
  static depot& spare();
  void fetch(std::size_t kind) noexcept;
  void leave() noexcept;

  std::size_t kind_ = 0, count_ = 0;
  std::array<void*, 64> blocks_;
};

}  // namespace mailslot

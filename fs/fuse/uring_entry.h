// One entry of a ring: the memory through which the kernel hands out one request and takes its answer, and
// what is known about that request. And the memory of many.
#pragma once

#include "fs/fuse/uring_abi.h"

#include <boost/intrusive/list.hpp>
#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace mailslot {

class uring_ring;

struct uring_entry : boost::intrusive::list_base_hook<> {
  enum class state : std::uint8_t {
    registering,  // the kernel has not said no yet
    idle,         // the kernel's: it waits for a request
    handling,     // a request came and is being handled by the ring's thread
    parked,       // the handler has returned without an answer
    answered,     // from another thread; the ring's own will commit it
    dead,         // not taken by the kernel
  };

  uring_ring* of = nullptr;
  uring_abi::entry_header* header = nullptr;
  std::byte* room = nullptr;     // `lead` bytes, then the payload
  std::array<iovec, 2> parts{};  // the two as REGISTER wants them
  state now = state::registering;
  std::uint16_t generation = 0;
  bool refused = false;       // parked where there was no room for it: ended with EAGAIN
  std::uint32_t touched = 0;  // bytes of the payload that may be in memory
  std::uint64_t kernel_unique = 0;
  std::uint64_t node = 0;  // what it is about
  pid_t caller = 0;        // the thread that waits

  // Room in front of the payload, so that a request with a large payload is made contiguous by putting its
  // headers there: 40 bytes, and up to 40 of the operation's own.
  static constexpr std::size_t lead = 80;
  std::byte* payload() const { return room + lead; }

  // What libfuse is told instead of the kernel's `unique`: from which the entry of an answer is found, and
  // whether it still has that request.
  std::uint64_t id() const { return (std::uint64_t{generation} << address_bits) | address(); }
  void new_id() { generation = generation == last_generation ? 1 : generation + 1; }
  static bool is_id(std::uint64_t unique) { return unique >> address_bits != 0; }
  static uring_entry* of_id(std::uint64_t id) {
    return reinterpret_cast<uring_entry*>(id & ((1ULL << address_bits) - 1));
  }

 private:
  static constexpr unsigned address_bits = 48;  // of user space; kernels hand out more only to who asks
  static constexpr std::uint16_t last_generation = 0x7fff;  // bit 63 of a unique has a meaning
  std::uint64_t address() const { return reinterpret_cast<std::uintptr_t>(this); }
};

// Entries of one ring and their memory, which is only taken when it is used and can be given back. Grows
// only: the kernel lets no entry go before the mount ends. Not thread-safe.
class uring_arena {
 public:
  // `payload`: bytes of each.
  explicit uring_arena(std::size_t payload) : payload_(payload) {}
  uring_arena(const uring_arena&) = delete;
  uring_arena& operator=(const uring_arena&) = delete;
  ~uring_arena();

  // `count` more, which begin at the index that was size(). False: there is no memory, and nothing changed.
  bool grow(uring_ring& of, std::size_t count);
  std::size_t size() const { return entries_.size(); }
  uring_entry& operator[](std::size_t i) { return entries_[i]; }
  std::size_t payload() const { return payload_; }

  // Gives the memory of its payload back to the system. The kernel must not be using it.
  void release(uring_entry& e) const;

 private:
  struct mapping {
    void* at;
    std::size_t bytes;
  };
  std::size_t stride() const;

  const std::size_t payload_;
  std::deque<uring_entry> entries_;
  std::deque<mapping> mappings_;
};

}  // namespace mailslot

// What FUSE over io_uring looks like in memory: include/uapi/linux/fuse.h and
// Documentation/filesystems/fuse/fuse-io-uring.rst of Linux 6.14 and later. Debian 12's headers are older.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailslot::uring_abi {

enum : std::uint32_t { opcode_init = 26, opcode_interrupt = 36, opcode_notify_reply = 41 };
constexpr std::int32_t notify_retrieve = 5;

struct in_header {
  std::uint32_t len, opcode;
  std::uint64_t unique, nodeid;
  std::uint32_t uid, gid, pid;
  std::uint16_t total_extlen, padding;
};
static_assert(sizeof(in_header) == 40);

struct out_header {
  std::uint32_t len;
  std::int32_t error;
  std::uint64_t unique;
};
static_assert(sizeof(out_header) == 16);

struct interrupt_in {
  std::uint64_t unique;
};

struct init_in {
  std::uint32_t major, minor, max_readahead, flags, flags2, unused[11];
};
static_assert(sizeof(init_in) == 64);

struct init_out {
  std::uint32_t major, minor, max_readahead, flags;
  std::uint16_t max_background, congestion_threshold;
  std::uint32_t max_write, time_gran;
  std::uint16_t max_pages, map_alignment;
  std::uint32_t flags2, unused[7];
};
static_assert(sizeof(init_out) == 64);

constexpr std::uint32_t init_ext = 1U << 30U;               // in flags: flags2 means something
constexpr std::uint32_t over_io_uring = 1U << (41U - 32U);  // in flags2

struct notify_retrieve_out {
  std::uint64_t notify_unique, nodeid, offset;
  std::uint32_t size, padding;
};
static_assert(sizeof(notify_retrieve_out) == 32);

// --- entries of a ring ---

struct entry_in_out {
  std::uint64_t flags;
  std::uint64_t commit_id;     // names the request when it is answered
  std::uint32_t payload_size;  // both ways
  std::uint32_t padding;
  std::uint64_t reserved;
};
static_assert(sizeof(entry_in_out) == 32);

struct entry_header {
  std::byte in_out[128];     // in_header, then out_header
  std::byte operation[128];  // of its first argument, if that has a fixed size
  entry_in_out entry;
};
static_assert(sizeof(entry_header) == 288);

// In the command area of a 128-byte SQE.
struct command {
  std::uint64_t flags;
  std::uint64_t commit_id;
  std::uint16_t queue;  // = the number of the CPU
  std::uint8_t padding[6];
};
static_assert(sizeof(command) == 24);
constexpr std::size_t command_offset = 48;

enum : std::uint32_t { command_register = 1, command_commit_and_fetch = 2 };

// The least payload that the kernel accepts (FUSE_MIN_READ_BUFFER).
constexpr std::size_t least_payload = 8192;

}  // namespace mailslot::uring_abi

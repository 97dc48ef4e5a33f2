// The one message of the mailslot protocol: an SMB_COM_TRANSACTION request with opcode 1, [MS-MAIL] 2.2.1.
// Everything in it is little-endian. Bytes to structs and back; which slot exists is none of its business.
//
// Decoding demands what makes the message unambiguous and nothing else: Windows and Samba differ in, or
// ignore, alignment, ByteCount, TotalDataCount, Priority and Class.
#pragma once

#include "net/wire/bytes.h"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace mailslot::net {

struct mailslot_write {
  std::string_view name;  // behind \MAILSLOT\, with backslashes between levels; never empty; borrows
  bytes_view data{};      // borrows
  std::uint16_t priority = 0;
  std::uint16_t class_of_service = 2;  // 2: unreliable, the only one that was ever carried by datagrams

  // What a receiver has to ignore. The defaults are what a Windows client sends ([MS-MAIL] 4).
  struct ignored_fields {
    std::uint8_t flags = 0x18;
    std::uint16_t flags2 = 0x0004;
    std::uint16_t process = 0xfeff;
    std::uint16_t max_parameter_count = 2;
    std::uint16_t transaction_flags = 2;  // NO_RESPONSE
    std::uint32_t timeout = 0;            // milliseconds
    bool parameter_offset = true;         // ParameterOffset repeats DataOffset, or is 0
    std::size_t padding = aligned;        // between name and data
    bool operator==(const ignored_fields&) const = default;
  } ignored{};

  static constexpr std::size_t aligned = 0xffff;  // as much padding as puts the data on a multiple of 4
};

// SMB messages of more bytes are never sent by Windows: [MS-MAIL] footnote 2.
inline constexpr std::size_t windows_message_limit = 512;
// UDP payloads of more bytes never reach Samba: nmbd cuts them, and drops what is left. Names have no scope
// here.
inline constexpr std::size_t samba_message_limit = 576 - 14 - 2 * 34;

// The most data that a message for a slot of this name (without \MAILSLOT\) carries within `message_limit`.
[[nodiscard]] constexpr std::size_t data_limit(std::size_t name_length, std::size_t message_limit) {
  const std::size_t before_data = 80 + ((name_length + 3) & ~std::size_t{3});
  return before_data < message_limit ? message_limit - before_data : 0;
}

// `in` is the user data of a datagram; the result borrows from it. Bytes behind the data are ignored.
[[nodiscard]] tl::expected<mailslot_write, std::error_code> decode_mailslot_write(bytes_view in);

// Appends the message; message_too_long, with `out` untouched, above 65535 bytes. The name must not hold a
// NUL.
[[nodiscard]] std::error_code encode_mailslot_write(const mailslot_write& write, bytes& out);

}  // namespace mailslot::net

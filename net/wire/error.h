// Why a packet is not what it claims to be. Malformed input is a fact of life on a network: these are values
// to count, never exceptions. Knows nothing but their names.
#pragma once

#include <system_error>

namespace mailslot::net {

enum class wire_errc {
  truncated = 1,       // the packet ends inside a field
  bad_label,           // a name label is not 32 letters, or is of a reserved kind
  bad_letter,          // a first-level encoded letter outside A..P
  bad_pointer,         // a name pointer that does not go backwards, or too many of them
  bad_scope,           // a scope label with a byte that would make the scope ambiguous
  name_too_long,       // an encoded name of more than 255 bytes
  unsupported_counts,  // more questions or records than any packet of the name service has
  bad_record,          // record data of an impossible length
  unknown_type,        // a datagram type that RFC 1002 does not know
  not_smb,             // no 0xFF 'SMB'
  not_transaction,     // an SMB command other than SMB_COM_TRANSACTION
  bad_word_count,      // other than the 17 words of a mailslot write
  bad_setup_count,     // other than the 3 setup words of a mailslot write
  bad_opcode,          // a transaction other than mailslot write
  unterminated_name,   // no NUL after the name of the mailslot
  not_mailslot,        // a transaction name without \MAILSLOT\, or with nothing behind it
  bad_data_offset,     // data that would begin inside the header or the name
  data_past_end,       // data that would end behind the packet
  message_too_long,    // does not fit the 16-bit length fields
  foreign_layout,      // nmbd's local socket speaks another ABI than ours
};

const std::error_category& wire_category() noexcept;

inline std::error_code make_error_code(wire_errc code) noexcept {
  return {static_cast<int>(code), wire_category()};
}

}  // namespace mailslot::net

template <>
struct std::is_error_code_enum<mailslot::net::wire_errc> : std::true_type {};

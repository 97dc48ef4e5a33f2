// The refusals of slots and names, by names that a person can search for. They meet errno in fs/fuse/errno.cc
// and nowhere else.
#pragma once

#include <tl/expected.hpp>

#include <system_error>

namespace mailslot {

enum class errc {
  slot_full = 1,        // max_messages or max_bytes is reached and full=reject
  message_too_long,     // over the slot's max_message_size or over largest_message
  user_over_quota,      // the messages of this user that wait take user_bytes already
  no_room,              // total_bytes is reached, or the system has no memory left
  too_many_slots,       // max_slots is reached
  slot_closed,          // the last reader of a lifetime=handle slot has gone
  slot_busy,            // exclusive=yes and somebody reads already
  would_wait,           // nothing is here and the caller does not want to wait
  timed_out,            // nothing came in time, for a caller that wants to know
  interrupted,          // the caller got a signal
  short_buffer,         // the strict view: the message does not fit the reader's buffer
  too_many_waiting,     // the bound on blocked reads is reached
  no_such_name,         // there is no slot or directory of this name
  name_taken,           // the name is in use
  bad_name,             // reserved, or with bytes that names cannot have
  name_too_long,        // over 255 bytes
  not_a_directory,      //
  is_a_directory,       //
  directory_not_empty,  //
  not_owner,            // neither the owner of the thing, nor of its directory, nor root
  not_permitted,        // nobody may do this here (hard links, special files, writing a view that only reads)
  access_denied,        // this caller may not
  bad_value,            // an attribute, an option or a request that makes no sense
  no_such_attribute,    //
  not_supported,        // understood, and not to be had yet
  stale,                // the name is cached by the kernel but gone
  cannot_move_there,    // a directory into itself, or between worlds
};

const std::error_category& slot_category() noexcept;

inline std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), slot_category()};
}

template <class T>
using expected = tl::expected<T, std::error_code>;

inline tl::unexpected<std::error_code> refuse(errc code) {
  return tl::unexpected(make_error_code(code));
}
inline tl::unexpected<std::error_code> refuse(std::error_code code) {
  return tl::unexpected(code);
}

}  // namespace mailslot

template <>
struct std::is_error_code_enum<mailslot::errc> : std::true_type {};

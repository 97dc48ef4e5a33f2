// SPEC of errors: one row a refusal.
#include "fs/fuse/errno.h"

#include "fs/slot/error.h"
#include "net/transport.h"

#include <cerrno>

namespace mailslot {
namespace {

int errno_of_slot(errc code) noexcept {
  switch (code) {
    case errc::slot_full:
      return ENOSPC;
    case errc::message_too_long:
      return EMSGSIZE;
    case errc::user_over_quota:
      return EDQUOT;
    case errc::no_room:
      return ENOMEM;
    case errc::too_many_slots:
      return ENOSPC;
    case errc::slot_closed:
      return EPIPE;
    case errc::slot_busy:
      return EBUSY;
    case errc::would_wait:
      return EAGAIN;
    case errc::timed_out:
      return ETIMEDOUT;
    case errc::interrupted:
      return EINTR;
    case errc::short_buffer:
      return EMSGSIZE;
    case errc::too_many_waiting:
      return ENOBUFS;
    case errc::no_such_name:
      return ENOENT;
    case errc::name_taken:
      return EEXIST;
    case errc::bad_name:
      return EINVAL;
    case errc::name_too_long:
      return ENAMETOOLONG;
    case errc::not_a_directory:
      return ENOTDIR;
    case errc::is_a_directory:
      return EISDIR;
    case errc::directory_not_empty:
      return ENOTEMPTY;
    case errc::not_owner:
      return EPERM;
    case errc::not_permitted:
      return EPERM;
    case errc::access_denied:
      return EACCES;
    case errc::bad_value:
      return EINVAL;
    case errc::no_such_attribute:
      return ENODATA;
    case errc::not_supported:
      return EOPNOTSUPP;
    case errc::stale:
      return ESTALE;
    case errc::cannot_move_there:
      return EINVAL;
  }
  return EIO;
}

int errno_of_network(net::transport_errc code) noexcept {
  switch (code) {
    case net::transport_errc::too_big:
      return EMSGSIZE;
    case net::transport_errc::name_not_found:
      return EHOSTUNREACH;
    case net::transport_errc::down:
      return ENETDOWN;
    case net::transport_errc::off:
      return EPERM;
    case net::transport_errc::rate_limited:
      return EAGAIN;
    case net::transport_errc::cancelled:
      return EINTR;
  }
  return EIO;
}

}  // namespace

int errno_of(const std::error_code& code) noexcept {
  if (!code) return 0;
  if (code.category() == slot_category()) return errno_of_slot(static_cast<errc>(code.value()));
  if (code.category() == net::transport_category()) {
    return errno_of_network(static_cast<net::transport_errc>(code.value()));
  }
  if (code.category() == std::generic_category() || code.category() == std::system_category())
    return code.value();
  return EIO;
}

}  // namespace mailslot

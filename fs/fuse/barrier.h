// Around every request: memory that is not to be had ends that request with ENOMEM, and not the daemon.
//
// Whoever answers a request says so, with taken_over(), where something may still fail afterwards, or where
// the answer comes later: the barrier answers only what nobody has taken over. What forgets and closes is not
// guarded, and asks for no memory.
#pragma once

#include "fs/fuse/filesystem.h"

#include <fuse_lowlevel.h>

#include <cerrno>
#include <new>

namespace mailslot {

// The request that this thread handles and nobody has taken over yet; null between requests.
inline thread_local fuse_req_t unanswered_request = nullptr;

inline void taken_over(fuse_req_t request) noexcept {
  if (unanswered_request == request) unanswered_request = nullptr;
}

// What to say of a request in a destructor that answers it.
inline errc why_dropped() noexcept {
  return std::uncaught_exceptions() > 0 ? errc::no_room : errc::interrupted;
}

template <auto handler>
struct guarded;

// In a table of operations: guarded<read>::call.
template <class... Arguments, void (*handler)(fuse_req_t, Arguments...)>
struct guarded<handler> {
  static void call(fuse_req_t request, Arguments... arguments) noexcept {
    auto& fs = filesystem::of(request);
    unanswered_request = request;
    try {
      handler(request, arguments...);
    } catch (const std::bad_alloc&) {
      if (unanswered_request != nullptr) fuse_reply_err(request, ENOMEM);
      fs.out_of_memory();
    }
    unanswered_request = nullptr;
  }
};

}  // namespace mailslot

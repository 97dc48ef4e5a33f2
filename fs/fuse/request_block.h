// The memory that a request was read into, which whoever handles it may keep instead of copying.
#pragma once

namespace mailslot {

// The block of malloc(3) that holds the request which this thread handles now; a handler that keeps it puts
// null in its place. Null where requests lie in memory of another kind (io_uring).
inline thread_local void** request_block = nullptr;

}  // namespace mailslot

// One write, one message.
#include "fs/slot/plain_writer.h"

#include <cstring>

namespace mailslot {
namespace {

// From here on a message stays in the block that its bytes came in, because copying them costs more than
// getting a new block for the next request.
constexpr std::size_t least_kept = 400 * 1024;

}  // namespace

expected<std::size_t> plain_writer::write(slot& to, const write_call& call, bytes_view bytes) {
  if (call.offset != 0) return lengthen(to, call, bytes);
  const bool keep = call.lent && bytes.size() >= least_kept;
  auto m = keep ? message::adopt(*call.lent, bytes.size(), call.by, to.shared().memory)
                : message::copy(bytes, call.by, to.shared().memory);
  if (!m) return refuse(m.error());
  const auto id = to.post(std::move(*m), call.now);
  if (!id) return refuse(id.error());
  last_posted_.store(*id, std::memory_order_relaxed);
  return bytes.size();
}

expected<std::size_t> plain_writer::lengthen(slot& to, const write_call& call, bytes_view bytes) {
  const auto id = last_posted_.load(std::memory_order_relaxed);
  const message_ref start = to.find(id);
  // A reader has the first part already: the writer gets a short count.
  if (!start || start->size() != call.offset) return refuse(errc::message_too_long);
  auto whole = message::make(start->size() + bytes.size(), call.by, to.shared().memory);
  std::error_code refused = whole ? std::error_code() : whole.error();
  if (whole) {
    std::memcpy((*whole)->body().data(), start->bytes().data(), start->size());
    std::memcpy((*whole)->body().data() + start->size(), bytes.data(), bytes.size());
    refused = to.replace(id, *whole);
  }
  if (!refused) return bytes.size();
  to.retract(id);  // not the whole, so nothing of it
  return refuse(refused == errc::stale ? errc::message_too_long : refused);
}

}  // namespace mailslot

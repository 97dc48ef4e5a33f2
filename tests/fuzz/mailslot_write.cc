// Any bytes as an SMB mailslot write, found quicker without the datagram around it; and its name as a path.
#include "net/wire/mailslot_write.h"

#include "net/proto/slot_path.h"

#include <cstdlib>

using namespace mailslot::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t header = 82;  // of the seeds, which are whole datagrams
  bytes_view in(data, size);
  if (size > header && data[0] >= 0x10 && data[0] <= 0x12) in = in.subspan(header);
  const auto write = decode_mailslot_write(in);
  if (!write) return 0;
  bytes out;
  if (encode_mailslot_write(*write, out)) std::abort();
  const auto again = decode_mailslot_write(out);
  if (!again || again->name != write->name || as_text(again->data) != as_text(write->data) ||
      again->ignored != write->ignored)
    std::abort();
  if (const auto path = path_from_wire(write->name)) {
    if (path->find("//") != std::string::npos || path->front() == '.' || path->front() == '@') std::abort();
    if (path_to_wire(*path) != write->name) std::abort();
  }
  return 0;
}

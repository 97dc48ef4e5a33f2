// Any bytes as a datagram, and the data of what is one as a mailslot write: what decodes must encode, and
// decode again to the same.
#include "net/wire/datagram.h"

#include "net/wire/mailslot_write.h"

#include <cstdlib>

using namespace mailslot::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto packet = decode_datagram({data, size});
  if (!packet) return 0;
  bytes once, twice;
  if (encode_datagram(*packet, once)) std::abort();
  const auto again = decode_datagram(once);
  if (!again || encode_datagram(*again, twice) || once != twice) std::abort();
  if (const auto* message = std::get_if<datagram_message>(&packet->body)) {
    if (const auto write = decode_mailslot_write(message->data)) {
      if (write->data.size() > size || write->name.size() > size) std::abort();
    }
  }
  return 0;
}

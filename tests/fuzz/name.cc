// Any bytes as a NetBIOS name at any place of a packet.
#include "net/wire/name.h"

#include <cstdlib>

using namespace mailslot::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const bytes_view packet(data + 1, size - 1);
  for (const auto mode : {pointers::reject, pointers::follow}) {
    byte_reader in(packet, data[0]);
    const auto name = decode_name(packet, in, mode);
    if (!name) continue;
    bytes out;
    if (encode_name(*name, out)) std::abort();
    byte_reader again(out);
    if (decode_name(out, again, pointers::reject) != *name || !again.rest().empty()) std::abort();
    for (const char c : to_string(*name)) {
      if (static_cast<unsigned char>(c) < ' ' || c == '/') std::abort();
    }
  }
  return 0;
}

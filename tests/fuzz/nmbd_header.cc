// Any bytes as a header on nmbd's local socket.
#include "net/wire/nmbd_socket.h"

#include <cstdlib>

using namespace mailslot::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = decode_nmbd_packet_header({data, size});
  if (header && (header->length > nmbd_packet_limit || header->from.port == 0)) std::abort();
  return 0;
}

// Any bytes as a name service packet: what decodes must encode, and decode again to the same.
#include "net/wire/name_service.h"

#include <cstdlib>

using namespace mailslot::net;

namespace {

void decode_data(const record& record) {
  if (const auto entries = decode_addresses(record.data)) {
    bytes out;
    encode_addresses(*entries, out);
    if (as_text(out) != as_text(record.data)) std::abort();
  }
  if (const auto status = decode_node_status(record.data)) {
    bytes out;
    encode_node_status(*status, out);
    const auto again = decode_node_status(out);
    if (!again || again->names.size() != status->names.size() || again->unit_id != status->unit_id)
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto packet = decode_name_packet({data, size});
  if (!packet) return 0;
  for (const auto* record : {&packet->answer, &packet->additional}) {
    if (*record) decode_data(**record);
  }
  if (packet->question) static_cast<void>(to_string(packet->question->name));
  bytes once, twice;
  if (encode_name_packet(*packet, once)) std::abort();
  const auto again = decode_name_packet(once);
  if (!again || encode_name_packet(*again, twice) || once != twice) std::abort();
  return 0;
}

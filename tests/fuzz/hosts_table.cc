// Any text as a static table of hosts.
#include "net/proto/hosts_table.h"

#include "net/proto/target.h"

using namespace mailslot::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  static_cast<void>(hosts_table::parse(text));
  static_cast<void>(parse_target(text));
  return 0;
}

// Any sequence of packets, from neighbours and from afar, to a whole node in virtual time: whatever they say,
// it keeps its names but where it lost a claim, and names no path that a slot could not have.
#include "net/proto/node.h"

#include <cstdlib>

using namespace mailslot::net;

constexpr int most_packets = 48;  // of one input: more of them only make each run slower

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  node_settings settings{.computer = *make_name("LABSRV", 0), .domain = *make_name("LABGROUP", 0)};
  settings.wins_servers = {ipv4{0x0a4d260c}};
  node machine(settings, 1);
  auto now = time_point{} + std::chrono::hours(1);
  actions out;
  machine.set_links(now, {{.name = "eth0", .address = {0x0a4d2601}, .mask = {0xffffff00}}}, out);

  // Each packet: how it comes, its length, its bytes. A whole seed is one packet, once for each port.
  byte_reader in({data, size});
  const auto give = [&](std::uint8_t how, bytes_view packet) {
    const arrival arrived{.on = (how & 1) != 0 ? service::datagram : service::name,
                          .via = {(how & 2) != 0 ? 0u : 0x0a4d2601u},
                          .from = {{(how & 4) != 0   ? 0x0a4d260cu
                                    : (how & 8) != 0 ? 0x01020304u
                                                     : 0x0a4d260bu},
                                   137},
                          .broadcast = (how & 16) != 0};
    machine.on_packet(now, arrived, packet, out);
    if ((how & 32) != 0)
      machine.write(now, 1, "BOB", "inbox", packet.first(std::min<std::size_t>(packet.size(), 9)), 0, out);
    now += std::chrono::milliseconds((how & 64) != 0 ? 300 : 1);
    machine.on_timer(now, out);
  };
  give(0, {data, size});
  give(1, {data, size});
  for (int i = 0; i < most_packets && !in.failed() && !in.rest().empty(); ++i) {
    const auto how = in.u8();
    give(how, in.take(in.u16()));
  }
  for (const auto& message : out.deliver) {
    if (message.slot.empty() || message.slot.front() == '.' || message.slot.front() == '@' ||
        message.slot.find("..") == 0)
      std::abort();
  }
  static_cast<void>(machine.report_peers(now));  // shows what others claim to be called
  machine.stop(now, out);
  return 0;
}

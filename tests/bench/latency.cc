// Group 2: a process that answers each message with one, and how long one round trip takes.
#include "tests/bench/groups.h"
#include "tests/bench/queues.h"

namespace mailslot::bench {
namespace {

constexpr std::size_t size = 64;

process echo(int in, int out) {
  return process([in, out] {
    std::string room(size, '\0');
    for (;;) {
      const auto n = ::read(in, room.data(), room.size());
      if (n <= 0 || ::write(out, room.data(), static_cast<std::size_t>(n)) != n) return 0;
    }
  });
}

void measure(run& r, const std::string& transport, bool one_processor) {
  std::optional<on_one_processor> here;
  if (one_processor && on_one_processor::with_daemon(transport)) here.emplace();
  const mounted at(daemon_options(transport));
  if (one_processor && !here) here.emplace();
  const std::string ping = at.slot("ping", "read_timeout=forever");
  const std::string pong = at.slot("pong", "read_timeout=forever");
  const file ping_in(ping, O_RDONLY), ping_out(ping, O_WRONLY), pong_in(pong, O_RDONLY),
      pong_out(pong, O_WRONLY);
  const datagram_pair sockets;
  const pipe_pair there, back;
  const posix_queue asks(size), answers(size);
  const process by_socket = echo(sockets.there(), sockets.there()), by_pipe = echo(there.out(), back.in()),
                by_slot = echo(ping_in.fd(), pong_out.fd());
  const process by_queue([&] {
    for (std::string room(size, '\0');;) {
      asks.get(room);
      answers.put(room);
    }
    return 0;
  });

  const std::string message(size, 'm');
  std::string room(size, '\0');
  const auto both = [&](int out, int in) {
    return [&, out, in] {
      put(out, message);
      get(in, room);
    };
  };
  const auto took = take_turns(r.how, {{"Unix datagram", both(sockets.here(), sockets.here()), 50},
                                       {"FIFO", both(there.in(), back.out()), 50},
                                       {"POSIX mq",
                                        [&] {
                                          asks.put(message);
                                          answers.get(room);
                                        },
                                        50},
                                       {"slot", both(ping_out.fd(), pong_in.fd()), 50}});
  const double slot = took[3].microseconds;
  const std::string where = one_processor ? "one processor" : "two processors";
  r.into.begin("ping-pong", transport, "2. ping-pong of 64 B between two processes, " + where);
  const bool barred = transport == "uring" && !one_processor;
  r.into.add({.name = "ping-pong, " + where,
              .against = "Unix datagram",
              .ratio = took[3].ratio,
              .value = slot,
              .unit = "us",
              .limit = barred ? std::optional(at_most(3)) : std::nullopt});
  for (const auto& [i, name] : {std::pair{1, "FIFO"}, std::pair{2, "POSIX mq"}}) {
    const double theirs = took[static_cast<std::size_t>(i)].microseconds;
    r.into.add({.name = "ping-pong, " + where,
                .against = name,
                .ratio = slot / theirs,
                .value = slot,
                .unit = "us"});
  }
}

}  // namespace

void latency(run& r, const std::string& transport) {
  measure(r, transport, false);
  measure(r, transport, true);
}

}  // namespace mailslot::bench

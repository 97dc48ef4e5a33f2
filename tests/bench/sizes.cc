// Group 1: what a message costs beyond its requests. One processor for all, so that no wake-up of another
// one, which is what costs most on /dev/fuse, hides the difference; and once as the scheduler likes.
#include "tests/bench/groups.h"

namespace mailslot::bench {
namespace {

struct size_row {
  const char* label;
  std::size_t size;
  int times;
  std::optional<bar> limit;
};

void measure(run& r, const std::string& transport, bool one_processor) {
  std::optional<on_one_processor> here;
  if (one_processor && on_one_processor::with_daemon(transport)) here.emplace();
  const mounted at(daemon_options(transport));
  const empty_mount nothing(r.with.empty_handler, {transport});
  if (one_processor && !here) here.emplace();
  const file empty(nothing.file(), O_RDWR), slot(at.slot("sizes"), O_RDWR);
  must(empty && slot, "open");
  r.into.begin("sizes", transport,
               one_processor ? "1. write(2) and read(2), on one processor"
                             : "1. write(2) and read(2), where the scheduler puts them");
  const auto rows = {size_row{"64 B", 64, 50, at_most(1.10)}, size_row{"1 KiB", 1024, 50, {}},
                     size_row{"64 KiB", 65536, 20, {}}, size_row{"1 MB", 1'000'000, 2, at_most(1.25)}};
  for (const auto& [label, size, times, limit] : rows) {
    const std::string message(size, 'm');
    std::string room(size, '\0');
    const auto pair = [&](int fd) {
      return [&, fd] {
        put(fd, message);
        get(fd, room);
      };
    };
    const auto took = take_turns(r.how, {{"", pair(empty.fd()), times}, {"", pair(slot.fd()), times}});
    r.into.add({.name = fmt::format("{}{}", label, one_processor ? "" : ", two processors"),
                .against = "empty handler",
                .ratio = took[1].ratio,
                .value = took[1].microseconds,
                .unit = "us",
                .limit = one_processor ? limit : std::nullopt});
  }
}

}  // namespace

void sizes(run& r, const std::string& transport) {
  measure(r, transport, true);
  measure(r, transport, false);
}

void transports(run& r) {
  const mounted by_device(daemon_options("dev")), by_rings(daemon_options("uring"));
  r.into.begin("transports", "", "1. io_uring against /dev/fuse, where the scheduler puts them");
  for (const std::size_t size : {std::size_t{64}, std::size_t{65536}}) {
    const std::string message(size, 'm');
    std::string room(size, '\0');
    const auto name = fmt::format("transports-{}", size);
    const file device(by_device.slot(name, "full=drop-oldest\nmax_messages=10"), O_RDWR);
    const file rings(by_rings.slot(name, "full=drop-oldest\nmax_messages=10"), O_RDWR);
    must(device && rings, "open");
    const auto writes = take_turns(
        r.how, {{"", [&] { put(device.fd(), message); }, 50}, {"", [&] { put(rings.fd(), message); }, 50}});
    r.into.add({.name = fmt::format("write {} B over io_uring", size),
                .against = "/dev/fuse",
                .ratio = writes[1].ratio,
                .value = writes[1].microseconds,
                .unit = "us",
                .limit = size == 64 ? std::optional(at_most(0.25)) : std::nullopt});
    const auto pairs = take_turns(r.how, {{"",
                                           [&] {
                                             put(device.fd(), message);
                                             get(device.fd(), room);
                                           },
                                           50},
                                          {"",
                                           [&] {
                                             put(rings.fd(), message);
                                             get(rings.fd(), room);
                                           },
                                           50}});
    r.into.add({.name = fmt::format("write and read {} B over io_uring", size),
                .against = "/dev/fuse",
                .ratio = pairs[1].ratio,
                .value = pairs[1].microseconds,
                .unit = "us"});
  }
}

}  // namespace mailslot::bench

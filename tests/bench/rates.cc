// Group 3: many small messages in one call through a view, against one call a message elsewhere. By one
// process that reads what it wrote, so that nobody waits for anybody; and by a writer and a reader.
#include "tests/bench/groups.h"
#include "tests/bench/queues.h"

namespace mailslot::bench {
namespace {

// Written and read in pieces of 128 KiB, as cat(1) and cp(1) do it.
constexpr std::size_t size = 64, piece = 131'072, many = piece / size;

std::string lines() {
  std::string all;
  for (std::size_t i = 0; i < many; ++i) all += std::string(size - 1, 'm') + "\n";
  return all;
}

std::string frames() {
  std::string all;
  for (std::size_t i = 0; i < many; ++i) all += std::string("\0\0\0\x40", 4) + std::string(size, 'm');
  return all;
}

void add(run& r, const std::string& name, const std::vector<timing>& took) {
  const auto per_message = [&](std::size_t i) { return took[i].microseconds / many; };
  for (const auto& [i, view] : {std::pair{2, "lines"}, std::pair{3, "frames"}}) {
    const auto mine = per_message(static_cast<std::size_t>(i));
    for (const auto& [k, rival] : {std::pair{0, "POSIX mq"}, std::pair{1, "Unix datagram"}}) {
      const auto theirs = per_message(static_cast<std::size_t>(k));
      r.into.add({.name = fmt::format("{}, {}", view, name),
                  .against = rival,
                  .ratio = k == 0 ? 1 / took[static_cast<std::size_t>(i)].ratio : theirs / mine,
                  .value = 1e6 / mine,
                  .unit = "msg/s",
                  .limit = k == 0 ? std::optional(at_least(3)) : std::nullopt});
    }
  }
}

void by_one_process(run& r, const mounted& at) {
  const std::string by_line = lines(), by_frame = frames(), message(size, 'm');
  std::string room(by_frame.size(), '\0');
  at.slot("alone");
  const file line_view(at / ".as/lines/alone", O_RDWR), frame_view(at / ".as/frames/alone", O_RDWR);
  must(line_view && frame_view, "open");
  const posix_queue queue(size);
  const datagram_pair sockets;
  const auto through = [&](const file& view, const std::string& all) {
    return [&, fd = view.fd()] {
      put(fd, all);
      for (std::size_t n = 0; n < all.size();) n += get(fd, room);
    };
  };
  add(r, "one process",
      take_turns(r.how, {{"POSIX mq",
                          [&] {
                            for (std::size_t i = 0; i < many; ++i) {
                              queue.put(message);
                              queue.get(room);
                            }
                          },
                          1},
                         {"Unix datagram",
                          [&] {
                            for (std::size_t i = 0; i < many; ++i) {
                              put(sockets.here(), message);
                              get(sockets.there(), room);
                            }
                          },
                          1},
                         // So that these turns take a millisecond, too.
                         {"lines", through(line_view, by_line), 4},
                         {"frames", through(frame_view, by_frame), 4}}));
}

// The reader says that it has all of them.
template <class Read>
process reader(int done, Read read) {
  return process([done, read] {
    for (;;) {
      read();
      put(done, "k");
    }
    return 0;
  });
}

void by_writer_and_reader(run& r, const mounted& at) {
  constexpr std::size_t pieces = 4;
  const std::string by_line = lines(), by_frame = frames(), message(size, 'm');
  at.slot("lines", "read_timeout=forever");
  at.slot("frames", "read_timeout=forever");
  const file line_in(at / ".as/lines/lines", O_WRONLY), line_out(at / ".as/lines/lines", O_RDONLY),
      frame_in(at / ".as/frames/frames", O_WRONLY), frame_out(at / ".as/frames/frames", O_RDONLY);
  must(line_in && line_out && frame_in && frame_out, "open");
  const posix_queue queue(size);
  const datagram_pair sockets;
  const pipe_pair done;
  const auto all_of = [](int fd, std::size_t bytes) {
    return [fd, bytes] {
      std::string room(piece, '\0');
      for (std::size_t n = 0; n < bytes;) n += get(fd, room);
    };
  };
  const process by_queue = reader(done.in(),
                                  [&queue] {
                                    std::string room(size, '\0');
                                    for (std::size_t i = 0; i < pieces * many; ++i) queue.get(room);
                                  }),
                by_socket = reader(done.in(),
                                   [fd = sockets.there()] {
                                     std::string room(size, '\0');
                                     for (std::size_t i = 0; i < pieces * many; ++i) get(fd, room);
                                   }),
                by_lines = reader(done.in(), all_of(line_out.fd(), pieces * by_line.size())),
                by_frames = reader(done.in(), all_of(frame_out.fd(), pieces * by_frame.size()));
  std::string said(1, '\0');
  const auto through = [&](const file& view, const std::string& all) {
    return [&, fd = view.fd()] {
      for (std::size_t i = 0; i < pieces; ++i) put(fd, all);
      get(done.out(), said);
    };
  };
  auto took = take_turns(r.how, {{"POSIX mq",
                                  [&] {
                                    for (std::size_t i = 0; i < pieces * many; ++i) queue.put(message);
                                    get(done.out(), said);
                                  },
                                  1},
                                 {"Unix datagram",
                                  [&] {
                                    for (std::size_t i = 0; i < pieces * many; ++i)
                                      put(sockets.here(), message);
                                    get(done.out(), said);
                                  },
                                  1},
                                 {"lines", through(line_in, by_line), 1},
                                 {"frames", through(frame_in, by_frame), 1}});
  for (auto& t : took) t.microseconds /= pieces;
  add(r, "writer and reader", took);
}

}  // namespace

void rates(run& r, const std::string& transport) {
  const mounted at(daemon_options(transport));
  r.into.begin("views", transport, "3. messages of 64 B a second through views");
  by_one_process(r, at);
  by_writer_and_reader(r, at);
}

}  // namespace mailslot::bench

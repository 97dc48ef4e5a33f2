// What a message costs, as ratios in one run: against a FUSE file whose handlers do nothing, and against the
// kernel's own queues. Each figure is the median of several rounds in which all rivals take turns, so that a
// noisy machine is noisy for all. Usage: bench MAILSLOTFS EMPTY_HANDLER [JSON-FILE]
#include "tests/support/mounted.h"

#include <fmt/format.h>
#include <mqueue.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace mailslot::test {
namespace {

constexpr int rounds = 7;

struct rival {
  std::string name;
  std::function<void()> once;  // the thing to be timed, many times over
  int times;
  std::vector<double> seen = {};  // microseconds each, by round
};

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

struct figure {
  std::string group, name;
  double microseconds, ratio;
};
std::vector<figure> figures;

// Times all rivals in turns and prints them against the first.
void compare(const std::string& group, std::vector<rival> rivals) {
  for (int r = 0; r < rounds; ++r) {
    for (auto& each : rivals) {
      const auto began = std::chrono::steady_clock::now();
      for (int i = 0; i < each.times; ++i) each.once();
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
      each.seen.push_back(took.count() / each.times);
    }
  }
  const double first = median(rivals.front().seen);
  fmt::print("\n{}\n", group);
  for (const auto& each : rivals) {
    const double us = median(each.seen);
    fmt::print("  {:<34} {:>8.2f} x {:>10.3f} us\n", each.name, us / first, us);
    figures.push_back({group, each.name, us, us / first});
  }
}

void must(bool fine, const char* what) {
  if (fine) return;
  fmt::print(stderr, "bench: {}: {}\n", what, std::strerror(errno));
  std::exit(1);
}

void put(int fd, const std::string& bytes) {
  must(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
}

std::size_t get(int fd, std::string& into) {
  const auto n = ::read(fd, into.data(), into.size());
  must(n >= 0, "read");
  return static_cast<std::size_t>(n);
}

// An empty handler's mount for the life of an object.
class empty_mount {
 public:
  explicit empty_mount(const std::string& program) {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::execl(program.c_str(), program.c_str(), place_.path().c_str(), nullptr);
      ::_exit(127);
    }
    must(eventually([&] { return is_mounted(place_.path()); }), "the empty handler does not mount");
  }
  empty_mount(const empty_mount&) = delete;
  empty_mount& operator=(const empty_mount&) = delete;
  ~empty_mount() {
    ::umount2(place_.path().c_str(), MNT_DETACH);
    exit_status_of(pid_);
  }
  std::string file() const { return place_.path() + "/s"; }

 private:
  scratch_directory place_;
  pid_t pid_ = -1;
};

// (1) One process writes and reads what it wrote.
void sizes(const mounted& at, const empty_mount& nothing) {
  const file empty(nothing.file(), O_RDWR);
  const file slot(at.slot("sizes"), O_RDWR);
  const file view(at / ".as/wait/sizes", O_RDWR);
  must(empty && slot && view, "open");
  for (const auto& [label, size, times] : {std::tuple{"64 B", std::size_t{64}, 3000},
                                           {"1 KiB", std::size_t{1024}, 3000},
                                           {"64 KiB", std::size_t{65536}, 1000},
                                           {"1 MB", std::size_t{1'000'000}, 100}}) {
    const std::string message(size, 'm');
    std::string room(size, '\0');
    const auto pair = [&](int fd) {
      return [&, fd] {
        put(fd, message);
        get(fd, room);
      };
    };
    compare(fmt::format("write and read {}", label),
            {{"empty handler", pair(empty.fd()), times},
             {"slot", pair(slot.fd()), times},
             {"slot through the wait view", pair(view.fd()), times}});
  }
}

// (2) A process that answers each message with one; the pair of calls is one side's round trip.
class echo {
 public:
  echo(int in, int out)
      : answers_([in, out] {
          std::string room(64, '\0');
          for (;;) {
            const auto n = ::read(in, room.data(), room.size());
            if (n <= 0 || ::write(out, room.data(), static_cast<std::size_t>(n)) != n) return 0;
          }
        }) {}

 private:
  process answers_;
};

void ping_pong(const mounted& at) {
  const std::string message(64, 'm');
  std::string room(64, '\0');
  std::array<int, 2> sockets{};
  must(::socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets.data()) == 0, "socketpair");
  std::array<int, 2> there{}, back{};
  must(::pipe(there.data()) == 0 && ::pipe(back.data()) == 0, "pipe");
  mq_attr attributes{};
  attributes.mq_maxmsg = 10;
  attributes.mq_msgsize = 64;
  const auto queue = [&](const char* name) {
    const mqd_t q = ::mq_open(name, O_RDWR | O_CREAT, 0600, &attributes);
    must(q >= 0, "mq_open");
    ::mq_unlink(name);
    return q;
  };
  const mqd_t mq_there = queue("/mailslot-bench-1"), mq_back = queue("/mailslot-bench-2");
  const std::string ping = at.slot("ping", "read_timeout=forever"),
                    pong = at.slot("pong", "read_timeout=forever");
  const file ping_in(ping, O_RDONLY), ping_out(ping, O_WRONLY), pong_in(pong, O_RDONLY),
      pong_out(pong, O_WRONLY);

  const echo by_socket(sockets[1], sockets[1]), by_pipe(there[0], back[1]),
      by_slot(ping_in.fd(), pong_out.fd());
  const process by_mq([&] {
    for (std::string mine(64, '\0'); ::mq_receive(mq_there, mine.data(), mine.size(), nullptr) >= 0;) {
      ::mq_send(mq_back, mine.data(), mine.size(), 0);
    }
    return 0;
  });
  const auto both = [&](int out, int in) {
    return [&, out, in] {
      put(out, message);
      get(in, room);
    };
  };
  compare("ping-pong of 64 B with another process",
          {{"Unix datagram", both(sockets[0], sockets[0]), 2000},
           {"FIFO", both(there[1], back[0]), 2000},
           {"POSIX mq",
            [&] {
              ::mq_send(mq_there, message.data(), message.size(), 0);
              ::mq_receive(mq_back, room.data(), room.size(), nullptr);
            },
            2000},
           {"slot", both(ping_out.fd(), pong_in.fd()), 2000}});
}

// (3) Messages of 64 B, many in a call through a view, one in a call elsewhere; each written and read again.
void views(const mounted& at) {
  constexpr int many = 512;
  mq_attr attributes{};
  attributes.mq_maxmsg = 10;
  attributes.mq_msgsize = 64;
  const mqd_t q = ::mq_open("/mailslot-bench-3", O_RDWR | O_CREAT, 0600, &attributes);
  must(q >= 0, "mq_open");
  ::mq_unlink("/mailslot-bench-3");
  std::array<int, 2> sockets{};
  must(::socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets.data()) == 0, "socketpair");

  const std::string message(63, 'm');
  std::string lines, frames;
  for (int i = 0; i < many; ++i) {
    lines += message + "\n";
    frames += std::string("\0\0\0\x3f", 4) + message;
  }
  std::string room(2 * lines.size(), '\0');
  at.slot("views");
  const file by_lines(at / ".as/lines/views", O_RDWR), by_frames(at / ".as/frames/views", O_RDWR);
  must(by_lines && by_frames, "open");
  const auto through = [&](const file& view, const std::string& all) {
    return [&, fd = view.fd()] {
      put(fd, all);
      for (std::size_t n = 0; n < all.size();) n += get(fd, room);
    };
  };
  const auto repeated = [](std::function<void()> one) {
    return [one = std::move(one)] {
      for (int i = 0; i < many; ++i) one();
    };
  };
  compare("512 messages of 64 B, written and read by one process",
          {{"POSIX mq", repeated([&] {
              ::mq_send(q, message.data(), message.size(), 0);
              ::mq_receive(q, room.data(), room.size(), nullptr);
            }),
            20},
           {"Unix datagram", repeated([&] {
              put(sockets[0], message);
              get(sockets[1], room);
            }),
            20},
           {"lines view", through(by_lines, lines), 20},
           {"frames view", through(by_frames, frames), 20}});
}

// (4) Whether what is there makes a message dearer.
void crowds(const mounted& at) {
  const std::string message(64, 'm');
  std::string room(64, '\0');
  const file alone(at.slot("alone"), O_RDWR);
  const auto pair = [&](const file& f) {
    return [&, fd = f.fd()] {
      put(fd, message);
      get(fd, room);
    };
  };
  const file full(at.slot("full", "max_messages=2000000\nmax_bytes=1G"), O_RDWR);
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += message.substr(1) + "\n";
  const file filler(at / ".as/lines/full", O_WRONLY);
  for (int i = 0; i < 100; ++i) put(filler.fd(), lines);
  for (int i = 0; i < 100'000; ++i) at.slot(fmt::format("slot-{}", i));
  const file last(at / "slot-99999", O_RDWR);
  compare("write and read 64 B", {{"a slot, empty", pair(alone), 3000},
                                  {"one with 1,000,000 messages queued", pair(full), 3000},
                                  {"one of 100,000 slots", pair(last), 3000}});
}

void write_json(const char* path) {
  std::ofstream out(path);
  out << "[\n";
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const auto& f = figures[i];
    out << fmt::format(
        "  {{\"group\": \"{}\", \"name\": \"{}\", \"microseconds\": {:.3f}, \"ratio\": {:.3f}}}{}\n", f.group,
        f.name, f.microseconds, f.ratio, i + 1 < figures.size() ? "," : "");
  }
  out << "]\n";
}

int run(int argc, char** argv) {
  if (argc < 3) return 2;
  ::setenv("MAILSLOTFS", argv[1], 1);
  {
    const mounted at;
    const empty_mount nothing(argv[2]);
    sizes(at, nothing);
    ping_pong(at);
    views(at);
    crowds(at);
  }
  if (argc > 3) write_json(argv[3]);
  return 0;
}

}  // namespace
}  // namespace mailslot::test

int main(int argc, char** argv) {
  return mailslot::test::run(argc, argv);
}

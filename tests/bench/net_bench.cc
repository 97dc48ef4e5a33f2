// Messages a second to another network namespace and out of it, beside a bare loop of sendto(2) and
// recvfrom(2) between the same namespaces, with datagrams of the size that the message has on the wire.
// Medians of seven rounds, ours and the bare one by turns. tests/bench/net makes what this needs.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int rounds = 7, messages = 20'000;
constexpr std::size_t message_size = 64;
// Datagram header and two names, SMB header and words, "\MAILSLOT\inbox" and its end, aligned to four.
constexpr std::size_t size_on_wire = 82 + 88 + message_size;
constexpr std::uint16_t bare_port = 20138;
constexpr timeval idle{.tv_sec = 0, .tv_usec = 500'000};

[[noreturn]] void fail(const std::string& what) {
  fmt::print(stderr, "net_bench: {}: {}\n", what, std::strerror(errno));
  std::exit(1);
}

struct rates {
  double sent, received;  // a second
  int lost;
};

// `send` sends one; `receive` waits for one, and is false when nothing has come for half a second.
rates run(const std::function<void()>& send, const std::function<bool()>& receive) {
  using clock = std::chrono::steady_clock;
  const auto seconds = [](clock::duration d) { return std::chrono::duration<double>(d).count(); };
  int received = 0;
  const auto begin = clock::now();
  auto last = begin;
  std::thread receiver([&] {
    while (received < messages && receive()) {
      ++received;
      last = clock::now();
    }
  });
  for (int i = 0; i < messages; ++i) send();
  const auto sent = clock::now();
  receiver.join();
  return {messages / seconds(sent - begin), received / seconds(last - begin), messages - received};
}

// A UDP socket of another network namespace.
int socket_in(const std::string& name) {
  const int space = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (space < 0 || ::setns(space, CLONE_NEWNET) != 0) fail(name);
  ::close(space);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  return fd;
}

rates bare(int from, int to, const char* address) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(bare_port);
  ::inet_pton(AF_INET, address, &where.sin_addr);
  const std::array<char, size_on_wire> out{};
  std::array<char, 2048> in{};
  return run(
      [&] {
        if (::sendto(from, out.data(), out.size(), 0, reinterpret_cast<const sockaddr*>(&where),
                     sizeof where) < 0)
          fail("sendto");
      },
      [&] { return ::recvfrom(to, in.data(), in.size(), 0, nullptr, nullptr) > 0; });
}

rates ours(int from, int to) {
  const std::string out(message_size, 'x');
  std::array<char, 2048> in{};
  return run(
      [&] {
        if (::write(from, out.data(), out.size()) < 0) fail("write");
      },
      [&] { return ::read(to, in.data(), in.size()) > 0; });
}

template <class Of>
double median(const std::vector<rates>& all, Of of) {
  std::vector<double> values;
  for (const auto& each : all) values.push_back(of(each));
  std::ranges::nth_element(values, values.begin() + rounds / 2);
  return values[rounds / 2];
}

void print(const char* what, const std::vector<rates>& mine, const std::vector<rates>& bare,
           double (*of)(const rates&)) {
  const double a = median(mine, of), b = median(bare, of);
  fmt::print("{:6.2f}  {:<58} {:>9.0f} {:>9.0f}\n", b / a, what, a, b);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: net_bench SENDING-NS RECEIVING-NS RECEIVING-ADDRESS WRITABLE READABLE\n");
    return 2;
  }
  const int socket_out = socket_in(argv[1]), socket_back = socket_in(argv[2]);
  const sockaddr_in here{.sin_family = AF_INET, .sin_port = htons(bare_port), .sin_addr = {}, .sin_zero = {}};
  const int room = 8 << 20;
  if (::bind(socket_back, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0 ||
      ::setsockopt(socket_back, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle) != 0 ||
      ::setsockopt(socket_back, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
    fail("socket");
  const int slot_out = ::open(argv[4], O_WRONLY | O_CLOEXEC), slot_back = ::open(argv[5], O_RDWR | O_CLOEXEC);
  if (slot_out < 0 || slot_back < 0) fail("open");

  std::vector<rates> mine, others;
  for (int i = 0; i < rounds; ++i) {
    mine.push_back(ours(slot_out, slot_back));
    others.push_back(bare(socket_out, socket_back, argv[3]));
  }
  fmt::print("{:>6}  {:<58} {:>9} {:>9}\n", "ratio", "", "mailslot", "bare UDP");
  print("messages a second sent to another namespace", mine, others, [](const rates& r) { return r.sent; });
  print("messages a second received from there meanwhile", mine, others,
        [](const rates& r) { return r.received; });
  fmt::print("{:>6}  {:<58} {:>9.0f} {:>9.0f}\n", "",
             fmt::format("of {} messages of {} bytes lost", messages, message_size),
             median(mine, [](const rates& r) { return double(r.lost); }),
             median(others, [](const rates& r) { return double(r.lost); }));
  return 0;
}

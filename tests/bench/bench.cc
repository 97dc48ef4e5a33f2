// What a message costs, as ratios in one run: against a FUSE file whose handlers do nothing, and against the
// kernel's own queues. See docs/performance.md for how to read it.
//
//   bench [--quick] MAILSLOTFS EMPTY_HANDLER TRANSPORTS JSON [GROUP…]
//
// TRANSPORTS: dev, or dev,uring. --quick: everything once, in small numbers, to see that it runs.
#include "tests/bench/groups.h"

#include <sys/utsname.h>

#include <algorithm>
#include <sstream>
#include <thread>

namespace mailslot::bench {
namespace {

std::vector<std::string> split(const std::string& words) {
  std::vector<std::string> all;
  std::istringstream in(words);
  for (std::string word; std::getline(in, word, ',');) all.push_back(word);
  return all;
}

int measure(std::vector<std::string> words) {
  effort how;
  if (!words.empty() && words.front() == "--quick") {
    how.quick = true;
    words.erase(words.begin());
  }
  if (words.size() < 4) {
    fmt::print(stderr, "usage: bench [--quick] MAILSLOTFS EMPTY_HANDLER TRANSPORTS JSON [GROUP...]\n");
    return 2;
  }
  ::setenv("MAILSLOTFS", words[0].c_str(), 1);
  report into;
  run r{how, {words[1], split(words[2])}, into};
  const std::vector<std::string> groups(words.begin() + 4, words.end());
  const auto wanted = [&](const char* group) {
    return groups.empty() || std::ranges::find(groups, group) != groups.end();
  };
  const bool both = std::ranges::find(r.with.transports, "uring") != r.with.transports.end();

  utsname system{};
  ::uname(&system);
  into.note("machine", fmt::format("{} processors, Linux {}, {}", std::thread::hardware_concurrency(),
                                   system.release, system.machine));
  into.note("transports", words[2]);
  into.note("rounds", std::to_string(how.rounds()));
  for (const auto& transport : r.with.transports) {
    if (wanted("sizes")) sizes(r, transport);
    if (wanted("ping-pong")) latency(r, transport);
    if (wanted("views")) rates(r, transport);
    if (wanted("crowds")) crowds(r, transport);
  }
  if (both && wanted("transports")) transports(r);
  if (wanted("footprint")) footprint(r);
  if (wanted("serving")) serving(r);
  into.end();
  if (into.write_json(words[3])) return 0;
  fmt::print(stderr, "bench: {} cannot be written\n", words[3]);
  return 1;
}

}  // namespace
}  // namespace mailslot::bench

int main(int argc, char** argv) {
  return mailslot::bench::measure({argv + 1, argv + argc});
}

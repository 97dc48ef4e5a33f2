// Group 5: what lies in memory, and how long it takes to mount and to list.
#include "tests/bench/groups.h"

#include <dirent.h>

#include <chrono>
#include <filesystem>

namespace mailslot::bench {
namespace {

// Resident memory of its own that a process has, in bytes.
double resident(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    double kib = 0;
    status >> kib;
    return 1024 * kib;
  }
  must(false, "RssAnon");
  return 0;
}

std::size_t names_in(const std::string& path) {
  DIR* listing = ::opendir(path.c_str());
  must(listing != nullptr, "opendir");
  std::size_t n = 0;
  while (::readdir(listing)) ++n;
  ::closedir(listing);
  return n;
}

void memory(run& r) {
  const mounted at(daemon_options("dev"));
  const std::size_t slots = r.how.crowd(100'000), messages = r.how.crowd(1'000'000);
  at.slot("first");
  const double empty = resident(at.pid());
  for (std::size_t i = 0; i < slots; ++i) at.slot(fmt::format("slot-{}", i));
  const double with_slots = resident(at.pid());
  const double each_slot = (with_slots - empty) / static_cast<double>(slots);
  r.into.add({.name = fmt::format("bytes of one of {} empty slots", slots),
              .ratio = each_slot,
              .value = each_slot,
              .unit = "B",
              .limit = at_most(512)});

  // Lines of 57 to 72 bytes: what an allocator rounds up to is 16 bytes apart.
  at.slot("queue", "max_messages=2000000\nmax_bytes=1G");
  const file filler(at / ".as/lines/queue", O_WRONLY);
  std::string lines;
  constexpr std::size_t at_once = 1600;
  for (std::size_t i = 0; i < at_once; ++i) lines += std::string(56 + i % 16, 'm') + "\n";
  const std::size_t size = lines.size() / at_once;
  const auto fill = [&](std::size_t count) {
    for (std::size_t n = 0; n < count; n += at_once) put(filler.fd(), lines);
  };
  fill(20 * at_once);  // what the first writes take once and for all is not the messages'
  const double before = resident(at.pid());
  fill(messages);
  const auto rounded = (messages + at_once - 1) / at_once * at_once;
  const double each = (resident(at.pid()) - before) / static_cast<double>(rounded);
  const double own = static_cast<double>(lines.size()) / at_once;
  r.into.add({.name = fmt::format("bytes of one of {} messages, beyond its own {}", messages, size),
              .ratio = each - own,
              .value = each,
              .unit = "B",
              .limit = at_most(64)});
}

void listing(run& r) {
  const mounted at(daemon_options("dev"));
  const test::scratch_directory plain;  // on whatever TMPDIR lies
  const std::size_t names = r.how.crowd(100'000);
  for (std::size_t i = 0; i < names; ++i) {
    at.slot(fmt::format("slot-{}", i));
    const file made(plain.path() + fmt::format("/slot-{}", i), O_WRONLY | O_CREAT, 0600);
  }
  const auto took = take_turns(r.how,
                               {{"", [&] { must(names_in(plain.path()) == names + 2, "list"); }, 1},
                                {"", [&] { must(names_in(at.path()) == names + 2, "list"); }, 1}},
                               11);
  r.into.add({.name = fmt::format("listing {} slots", names),
              .against = "a directory of TMPDIR",
              .ratio = took[1].ratio,
              .value = took[1].microseconds / 1000,
              .unit = "ms"});
  std::filesystem::remove_all(plain.path());
}

void mounting(run& r) {
  const auto took = take_turns(r.how,
                               {{"", [&] { const empty_mount m(r.with.empty_handler, {"dev"}); }, 1},
                                {"", [] { const mounted m(daemon_options("dev")); }, 1}},
                               11);
  r.into.add({.name = "starting, mounting, unmounting and ending",
              .against = "empty handler",
              .ratio = took[1].ratio,
              .value = took[1].microseconds / 1000,
              .unit = "ms"});
}

}  // namespace

void footprint(run& r) {
  r.into.begin("footprint", "", "5. memory, mounting, listing");
  memory(r);
  mounting(r);
  listing(r);
}

}  // namespace mailslot::bench

// How /dev/fuse is best served, shown on the empty handler: how many threads read it, each through a
// descriptor of its own (FUSE_DEV_IOC_CLONE) or not, at once asleep or looking again for a while.
#include "tests/bench/groups.h"

#include <algorithm>
#include <array>

namespace mailslot::bench {
namespace {

struct way {
  const char* name;
  std::vector<std::string> words;
};

// Every client writes and reads `times` times; all together are timed.
std::function<void()> clients(const std::string& path, int count, int times) {
  return [=] {
    std::vector<process> all;
    for (int i = 0; i < count; ++i) {
      all.emplace_back([&] {
        const file f(path, O_RDWR);
        const std::string message(64, 'm');
        std::string room(64, '\0');
        for (int n = 0; n < times; ++n) {
          put(f.fd(), message);
          get(f.fd(), room);
        }
        return 0;
      });
    }
    for (auto& each : all) must(each.result() == 0, "a client");
  };
}

}  // namespace

void serving(run& r) {
  const std::array<way, 7> ways = {{{"2 threads", {"dev", "2"}},
                                    {"1 thread", {"dev", "1"}},
                                    {"4 threads", {"dev", "4"}},
                                    {"2 threads, cloned", {"dev", "2", "clone"}},
                                    {"4 threads, cloned", {"dev", "4", "clone"}},
                                    {"2 threads, 20 us more", {"dev", "2", "spin"}},
                                    {"1 thread, 20 us more", {"dev", "1", "spin"}}}};
  std::vector<std::unique_ptr<empty_mount>> mounts;
  for (const auto& w : ways) mounts.push_back(std::make_unique<empty_mount>(r.with.empty_handler, w.words));
  r.into.begin("serving", "dev", "Ways to serve /dev/fuse: write and read 64 B at the empty handler");
  for (const int count : {1, 2, 8}) {
    const int times = std::max(1, r.how.times(500) / count);
    std::vector<rival> rivals;
    for (const auto& m : mounts) rivals.push_back({"", clients(m->file(), count, times), 1});
    const auto took = take_turns(r.how, rivals, 15);
    for (std::size_t i = 0; i < ways.size(); ++i) {
      r.into.add({.name = fmt::format("{}, {} clients", ways[i].name, count),
                  .against = i == 0 ? "" : ways[0].name,
                  .ratio = took[i].ratio,
                  .value = took[i].microseconds / (times * count),
                  .unit = "us"});
    }
  }
}

}  // namespace mailslot::bench

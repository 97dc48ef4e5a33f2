// Group 4: whether what is there besides makes a message dearer. Each point of a curve is compared with a
// mount that has one of the kind, on one processor and in turns.
#include "fs/mailslot.h"
#include "tests/bench/groups.h"

#include <pthread.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <functional>

namespace mailslot::bench {
namespace {

constexpr std::size_t size = 64;
const std::string message(size, 'm');

// A write and a read of one message.
std::function<void()> pair(const file& f) {
  return [fd = f.fd()] {
    static std::string room(size, '\0');
    put(fd, message);
    get(fd, room);
  };
}

struct curve {
  run& r;
  const char* name;
  bool barred;  // its last point

  void point(std::size_t x, bool last, timing t) const {
    r.into.add({.name = name,
                .against = "one",
                .ratio = t.ratio,
                .value = t.microseconds,
                .unit = "us",
                .limit = barred && last ? std::optional(at_most(1.2)) : std::nullopt,
                .x = static_cast<double>(x)});
  }
};

// 1, 10, 100 … up to what the effort allows of `full`.
std::vector<std::size_t> decades(const effort& how, std::size_t full) {
  const std::size_t most = how.crowd(full);
  std::vector<std::size_t> all;
  for (std::size_t x = 1; x < most; x *= 10) all.push_back(x);
  all.push_back(most);
  return all;
}

void slots(run& r, const mounted& one, const mounted& at) {
  const file alone(one.slot("slot-0"), O_RDWR);
  const curve c{r, "slots", true};
  std::size_t there = 0;
  const auto all = decades(r.how, 100'000);
  for (const std::size_t x : all) {
    for (; there < x; ++there) at.slot(fmt::format("slot-{}", there));
    const file middle(at / fmt::format("slot-{}", x / 2), O_RDWR);
    c.point(x, x == all.back(), take_turns(r.how, {{"", pair(alone), 30}, {"", pair(middle), 30}})[1]);
  }
}

void queued(run& r, const mounted& one, const mounted& at) {
  const file alone(one.slot("queue"), O_RDWR);
  const file full(at.slot("queue", "max_messages=2000000\nmax_bytes=1G"), O_RDWR);
  const file filler(at / ".as/lines/queue", O_WRONLY);
  must(alone && full && filler, "open");
  put(alone.fd(), message);
  const curve c{r, "queued messages", true};
  std::size_t there = 0;
  const auto all = decades(r.how, 1'000'000);
  for (const std::size_t x : all) {
    while (there < x) {
      const std::size_t some = std::min<std::size_t>(x - there, 10'000);
      std::string lines;
      for (std::size_t i = 0; i < some; ++i) lines += message.substr(1) + "\n";
      put(filler.fd(), lines);
      there += some;
    }
    c.point(x, x == all.back(), take_turns(r.how, {{"", pair(alone), 30}, {"", pair(full), 30}})[1]);
  }
  at.set("queue", "max_messages=1");  // what is above the bound stays, so it goes with the slot
  ::unlink((at / "queue").c_str());
}

// Threads of processes of their own that read a slot for ever.
class blocked_readers {
 public:
  blocked_readers(const mounted& at, const std::string& slot) : at_(at), slot_(slot) {}

  void grow_to(std::size_t wanted) {
    while (there_ < wanted) {
      const std::size_t some = std::min<std::size_t>(wanted - there_, 500);
      all_.emplace_back([path = at_ / slot_, some] {
        for (std::size_t i = 1; i < some; ++i) start(&path);
        read_for_ever(&path);
        return 0;
      });
      there_ += some;
    }
    wait();
  }
  // Until as many wait as there are.
  void wait() const {
    must(test::eventually([&] { return at_.waiting(slot_) == static_cast<int>(there_); }), "blocked readers");
  }

 private:
  static void start(const std::string* path) {
    pthread_attr_t small;
    ::pthread_attr_init(&small);
    ::pthread_attr_setstacksize(&small, 64 * 1024);
    pthread_t thread{};
    must(::pthread_create(&thread, &small, read_for_ever, const_cast<std::string*>(path)) == 0, "a thread");
  }
  static void* read_for_ever(const void* path) {
    const file f(*static_cast<const std::string*>(path), O_RDONLY);
    std::array<char, size> room{};
    while (::read(f.fd(), room.data(), room.size()) > 0) {
    }
    return nullptr;
  }
  static void* read_for_ever(void* path) { return read_for_ever(const_cast<const void*>(path)); }

  const mounted& at_;
  const std::string slot_;
  std::vector<process> all_;
  std::size_t there_ = 0;
};

void blocked(run& r, const mounted& one, const mounted& at) {
  const std::string waits = "read_timeout=forever";
  const file alone(one.slot("free"), O_RDWR), beside(at.slot("free"), O_RDWR);
  const file alone_to(one.slot("waited", waits), O_WRONLY), crowd_to(at.slot("waited", waits), O_WRONLY);
  must(alone && beside && alone_to && crowd_to, "open");
  blocked_readers lonely(one, "waited"), many(at, "waited");
  lonely.grow_to(1);
  const auto all = decades(r.how, 10'000);
  const curve other{r, "blocked readers of another slot", true}, same{r, "blocked readers of the slot", true};
  for (const std::size_t x : all) {
    many.grow_to(x);
    other.point(x, x == all.back(), take_turns(r.how, {{"", pair(alone), 30}, {"", pair(beside), 30}})[1]);
    // Until the reader waits again, so that each message meets one who does.
    const auto to = [](const file& f, std::size_t readers) {
      return [readers, fd = f.fd()] {
        put(fd, message);
        for (mailslot_info now{}; now.waiting != readers;) {
          must(::ioctl(fd, MAILSLOT_IOC_INFO, &now) == 0, "MAILSLOT_IOC_INFO");
        }
      };
    };
    same.point(x, x == all.back(),
               take_turns(r.how, {{"", to(alone_to, 1), 30}, {"", to(crowd_to, x), 30}})[1]);
  }
}

void copied(run& r, const mounted& one, const mounted& at) {
  const file alone(one.slot("copied"), O_RDWR), here(at.slot("copied"), O_RDWR);
  const file first(one / ".as/tail/copied", O_RDONLY);
  must(alone && here && first, "open");
  std::vector<file> all;
  const auto points = decades(r.how, 1000);
  const curve c{r, "tail readers", false};
  for (const std::size_t x : points) {
    while (all.size() < x) {
      all.emplace_back(at / ".as/tail/copied", O_RDONLY);
      must(static_cast<bool>(all.back()), "open a tail");
    }
    c.point(x, x == points.back(), take_turns(r.how, {{"", pair(alone), 30}, {"", pair(here), 30}})[1]);
  }
}

void writers(run& r, const mounted& at) {
  const std::string ring = "full=drop-oldest\nmax_messages=100";
  for (int i = 0; i < 8; ++i) at.slot(fmt::format("writers-{}", i), ring);
  const auto written_by = [&](int count, bool one_slot) {
    const int times = std::max(1, r.how.times(2000) / count);
    return [&at, count, one_slot, times] {
      std::vector<process> all;
      for (int i = 0; i < count; ++i) {
        all.emplace_back([&, i] {
          const file f(at / fmt::format("writers-{}", one_slot ? 0 : i), O_WRONLY);
          for (int n = 0; n < times; ++n) put(f.fd(), message);
          return 0;
        });
      }
      for (auto& each : all) must(each.result() == 0, "a writer");
    };
  };
  for (const bool one_slot : {true, false}) {
    std::vector<rival> rivals;
    for (const int count : {1, 2, 8}) rivals.push_back({"", written_by(count, one_slot), 1});
    const auto took = take_turns(r.how, rivals, 11);
    const curve c{r, one_slot ? "writers to one slot" : "writers to a slot each", false};
    std::size_t i = 0;
    for (const int count : {1, 2, 8}) {
      timing each = took[i++];
      each.microseconds /= std::max(1, r.how.times(2000) / count) * count;
      c.point(static_cast<std::size_t>(count), count == 8, each);
    }
  }
}

}  // namespace

void crowds(run& r, const std::string& transport) {
  r.into.begin("crowds", transport, "4. a message of 64 B, and what is there besides");
  {
    const mounted at(daemon_options(transport));
    writers(r, at);
  }
  using part = void (*)(run&, const mounted&, const mounted&);
  for (const part each : {part{slots}, part{queued}, part{blocked}, part{copied}}) {
    std::optional<on_one_processor> here;
    if (on_one_processor::with_daemon(transport)) here.emplace();
    const mounted one(daemon_options(transport)), at(daemon_options(transport));
    if (!here) here.emplace();
    each(r, one, at);
  }
}

}  // namespace mailslot::bench

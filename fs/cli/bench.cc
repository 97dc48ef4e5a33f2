// mailslot bench: what a message costs on this mount, beside what the kernel's own queues cost. All in one
// thread, so that no scheduler plays a part: a message is written, then read.
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"
#include "fs/cli/table.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <vector>

namespace mailslot::cli {
namespace {

using steady = std::chrono::steady_clock;

struct cost {
  double write_us = 0;
  double read_us = 0;
};

double since(steady::time_point begin) {
  return std::chrono::duration<double>(steady::now() - begin).count();
}

// `batch` messages in, `batch` out, again and again for `seconds`.
result<cost> measure(int to, int from, std::size_t size, int batch, double seconds) {
  const std::string message(size, 'x');
  std::string buffer(size + 1, '\0');
  double writing = 0;
  double reading = 0;
  double count = 0;
  const auto begin = steady::now();
  do {
    auto at = steady::now();
    for (int i = 0; i < batch; ++i) {
      if (write(to, message.data(), size) != static_cast<ssize_t>(size)) {
        return fail_with(errno, "a message cannot be written: {}", reason(errno));
      }
    }
    writing += since(at);
    at = steady::now();
    for (int i = 0; i < batch; ++i) {
      if (read(from, buffer.data(), buffer.size()) != static_cast<ssize_t>(size)) {
        return fail_with(errno, "a message cannot be read: {}", reason(errno));
      }
    }
    reading += since(at);
    count += batch;
  } while (since(begin) < seconds);
  return cost{writing * 1e6 / count, reading * 1e6 / count};
}

// A slot for the time of the measurement.
class bench_slot {
 public:
  explicit bench_slot(const surroundings& around) {
    const auto name = fmt::format("bench-{}", getpid());
    slot_ = {name, around.root, name};
  }
  bench_slot(const bench_slot&) = delete;
  bench_slot& operator=(const bench_slot&) = delete;
  ~bench_slot() {
    if (to_) unlink(slot_.file().c_str());
  }

  result<void> open() {
    to_ = descriptor(::open(slot_.file().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!to_) return tl::unexpected(explain(slot_, "create", errno));
    auto from = open_file(slot_, slot_.file(), O_RDONLY | O_NONBLOCK);
    if (!from) return tl::unexpected(from.error());
    from_ = std::move(*from);
    return {};
  }
  int to() const { return to_.get(); }
  int from() const { return from_.get(); }

 private:
  target slot_;
  descriptor to_, from_;
};

struct pair_of {
  descriptor to, from;
};

pair_of fifo() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC | O_DIRECT) != 0) return {};
  return {descriptor(ends[1]), descriptor(ends[0])};
}

pair_of datagrams() {
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) return {};
  return {descriptor(ends[1]), descriptor(ends[0])};
}

result<std::vector<table_row>> rows_for(std::size_t size, const bench_slot& slot, double seconds) {
  // Two messages of 4 KiB fit into every queue here; larger ones are for slots alone.
  const bool small = size <= 4096;
  const int batch = small ? 2 : 1;
  const auto ours = measure(slot.to(), slot.from(), size, batch, seconds);
  if (!ours) return tl::unexpected(ours.error());
  const double whole = ours->write_us + ours->read_us;
  std::vector<table_row> rows;
  const auto add = [&](const char* what, const cost& c) {
    rows.push_back({fmt::to_string(size), fmt::format("{:.2f}", c.write_us), fmt::format("{:.2f}", c.read_us),
                    fmt::format("{:.0f}", 1e6 / (c.write_us + c.read_us)),
                    fmt::format("{:.1f}", whole / (c.write_us + c.read_us)), what});
  };
  add("mailslot", *ours);
  if (!small) return rows;
  for (const auto& [what, queue] : {std::pair("pipe", &fifo), std::pair("datagram socket", &datagrams)}) {
    const auto pair = queue();
    if (!pair.to) return fail_with(errno, "no {} to compare with: {}", what, reason(errno));
    const auto theirs = measure(pair.to.get(), pair.from.get(), size, batch, seconds);
    if (!theirs) return tl::unexpected(theirs.error());
    add(what, *theirs);
  }
  return rows;
}

}  // namespace

int bench(const surroundings& around, const bench_options& options) {
  if (auto mounted = require_mount(around, around.root); !mounted) return complain(around, mounted.error());
  bench_slot slot(around);
  if (auto opened = slot.open(); !opened) return complain(around, opened.error());
  std::vector<table_row> all;
  for (const std::size_t size : {std::size_t{64}, std::size_t{4096}, std::size_t{65536}}) {
    const auto rows = rows_for(size, slot, options.seconds);
    if (!rows) return complain(around, rows.error());
    all.insert(all.end(), rows->begin(), rows->end());
  }
  if (!around.out_is_terminal) return print(around, tabbed(all));
  return print(around, aligned({"BYTES", "WRITE µs", "READ µs", "MESSAGES/s", "RATIO", "QUEUE"}, all));
}

}  // namespace mailslot::cli

// mailslot top: the slots of a mount as they live: rates, backlog, age of the oldest, readers. On a terminal
// a screen that keys sort; elsewhere plain tables.
#include "fs/cli/attributes.h"
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/metrics.h"
#include "fs/cli/names.h"
#include "fs/cli/signals.h"
#include "fs/cli/table.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

namespace mailslot::cli {
namespace {

using steady = std::chrono::steady_clock;

struct line {
  std::string name;
  slot_figures now;
  double in = 0;  // messages a second
  double out = 0;
};

// Keys without Enter, and the terminal as it was afterwards.
class keyboard {
 public:
  explicit keyboard(int fd) : fd_(fd) {
    if (tcgetattr(fd_, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    changed_ = tcsetattr(fd_, TCSANOW, &raw) == 0;
  }
  keyboard(const keyboard&) = delete;
  keyboard& operator=(const keyboard&) = delete;
  ~keyboard() { restore(); }
  void restore() {
    if (std::exchange(changed_, false)) tcsetattr(fd_, TCSANOW, &before_);
  }

 private:
  const int fd_;
  termios before_{};
  bool changed_ = false;
};

class viewer {
 public:
  viewer(const surroundings& around, const top_options& options)
      : around_(around),
        order_(options.order),
        options_(options),
        screen_(around.out_is_terminal && around.in_is_terminal && !options.plain) {}

  int run() {
    if (auto mounted = require_mount(around_, around_.root); !mounted)
      return complain(around_, mounted.error());
    if (auto looked = look(); !looked) return complain(around_, looked.error());
    return screen_ ? watch() : list();
  }

 private:
  // Reads the figures, and makes rates of them where there were some before.
  result<void> look() {
    const target metrics{".metrics", around_.root, ".metrics"};
    const auto text = read_file(metrics, metrics.file());
    if (!text) return tl::unexpected(text.error());
    const auto at = steady::now();
    const double seconds = std::chrono::duration<double>(at - looked_).count();
    auto fresh = parse_metrics(*text);
    lines_.clear();
    for (const auto& [name, now] : fresh) {
      line l{name, now};
      const auto old = before_.find(name);
      if (old != before_.end() && seconds > 0) {
        l.in = rate(old->second.posted, now.posted, seconds);
        l.out = rate(old->second.taken, now.taken, seconds);
      }
      lines_.push_back(std::move(l));
    }
    before_ = std::move(fresh);
    looked_ = at;
    return {};
  }

  static double rate(std::uint64_t before, std::uint64_t now, double seconds) {
    return now > before ? static_cast<double>(now - before) / seconds : 0;
  }

  void sort() {
    std::ranges::sort(lines_, [this](const line& a, const line& b) {
      const double of_a = weight(a);
      const double of_b = weight(b);
      return of_a != of_b ? of_a > of_b : a.name < b.name;
    });
  }
  double weight(const line& l) const {
    switch (order_) {
      case top_order::name:
        return 0;  // as .metrics and the map have them
      case top_order::count:
        return static_cast<double>(l.now.count);
      case top_order::bytes:
        return static_cast<double>(l.now.bytes);
      case top_order::in:
        return l.in;
      case top_order::out:
        return l.out;
      case top_order::waiting:
        return static_cast<double>(l.now.waiting);
    }
    return 0;
  }

  table_row row_of(const line& l) const {
    // What .metrics does not say is asked of the slots that are shown, and only of them.
    const target slot{l.name, around_.root, l.name};
    const auto more = read_attributes(slot);
    std::string readers = "?";
    std::string age = "-";
    if (more) {
      readers = value_of(*more, "readers").value_or("?");
      if (const auto oldest = parse_date(value_of(*more, "oldest").value_or(""))) {
        const auto now = std::chrono::duration_cast<std::chrono::seconds>(
            std::chrono::system_clock::now().time_since_epoch());
        const auto seconds = std::max<std::int64_t>(now.count() - *oldest, 0);
        age = screen_ ? short_age(seconds) : fmt::to_string(seconds);
      }
    }
    return {fmt::format("{:.1f}", l.in),
            fmt::format("{:.1f}", l.out),
            fmt::to_string(l.now.count),
            screen_ ? short_size(l.now.bytes) : fmt::to_string(l.now.bytes),
            readers,
            fmt::to_string(l.now.waiting),
            age,
            printable(l.name)};
  }

  std::vector<table_row> rows(std::size_t most) {
    sort();
    std::vector<table_row> all;
    for (const auto& l : lines_) {
      if (all.size() == most) break;
      all.push_back(row_of(l));
    }
    return all;
  }

  static constexpr auto head = {"IN/s", "OUT/s", "COUNT", "BYTES", "READERS", "WAITING", "OLDEST", "NAME"};
  static table_row head_row() { return {head.begin(), head.end()}; }

  int list() {
    const std::uint64_t times = std::max<std::uint64_t>(options_.times, 1);
    for (std::uint64_t i = 0; i < times; ++i) {
      if (poll(nullptr, 0, milliseconds()) < 0 && errno != EINTR) return failed;
      if (auto looked = look(); !looked) return complain(around_, looked.error());
      std::string text = tabbed(rows(lines_.size()));
      if (i + 1 < times) text += "\n";
      if (const int printed = print(around_, text); printed != success) return printed;
    }
    return success;
  }

  int watch() {
    keyboard keys(around_.in);
    signal_gate gate;
    std::uint64_t shown = 0;
    auto next = steady::now();
    for (;;) {
      if (steady::now() >= next) {
        if (options_.times != 0 && shown == options_.times) return leave(success);
        if (auto looked = look(); !looked) {
          keys.restore();
          return complain(around_, looked.error(), leave(failed));
        }
        ++shown;
        next = steady::now() + std::chrono::milliseconds(milliseconds());
      }
      if (const int printed = print(around_, screen()); printed != success) return printed;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - steady::now());
      const auto ms = std::max<std::int64_t>(left.count(), 0);
      const timespec timeout{static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000 * 1'000'000)};
      pollfd in{around_.in, POLLIN, 0};
      if (!gate.wait({&in, 1}, &timeout)) {
        keys.restore();
        (void)leave(success);
        gate.pass_on();
      }
      char key = 0;
      if (in.revents != 0 && (read(around_.in, &key, 1) != 1 || !press(key))) return leave(success);
    }
  }

  int leave(int status) {
    (void)print(around_, "\n");
    return status;
  }

  // False: enough.
  bool press(char key) {
    switch (key) {
      case 'q':
      case 'Q':
      case 4:
        return false;
      case 'n':
        order_ = top_order::name;
        break;
      case 'c':
        order_ = top_order::count;
        break;
      case 'b':
        order_ = top_order::bytes;
        break;
      case 'i':
        order_ = top_order::in;
        break;
      case 'o':
        order_ = top_order::out;
        break;
      case 'w':
        order_ = top_order::waiting;
        break;
      default:
        break;
    }
    return true;
  }

  std::string screen() {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    double in = 0;
    double out = 0;
    for (const auto& l : lines_) {
      count += l.now.count;
      bytes += l.now.bytes;
      in += l.in;
      out += l.out;
    }
    const auto most = static_cast<std::size_t>(std::max(around_.rows - 4, 1));
    std::string text = fmt::format("{}: {} slots, {} messages, {} bytes, {:.1f}/s in, {:.1f}/s out\n",
                                   printable(around_.root), lines_.size(), count, short_size(bytes), in, out);
    text += "sort: n name  c count  b bytes  i in  o out  w waiting   q quit\n";
    text += aligned(head_row(), rows(most));
    // From the top, each line to its end, then nothing below: no flicker.
    std::string lines = "\x1b[H";
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = text.find('\n', begin);
      lines +=
          text.substr(begin, std::min<std::size_t>(end - begin, static_cast<std::size_t>(around_.columns)));
      lines += "\x1b[K\n";
      begin = end + 1;
    }
    return lines + "\x1b[J";
  }

  int milliseconds() const { return static_cast<int>(options_.seconds * 1000); }

  const surroundings& around_;
  top_order order_;
  const top_options& options_;
  const bool screen_;
  std::map<std::string, slot_figures> before_;
  std::vector<line> lines_;
  steady::time_point looked_{};
};

}  // namespace

int top(const surroundings& around, const top_options& options) {
  return viewer(around, options).run();
}

}  // namespace mailslot::cli

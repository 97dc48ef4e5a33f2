// How things are timed and compared: rivals take short turns in many rounds, so that a noisy machine is noisy
// for all and the median is of turns that nobody interrupted; a ratio is the median of the rounds' ratios.
// Knows nothing of what is measured.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailslot::bench {

// How much is done: all of it, or just enough to see that everything runs.
struct effort {
  bool quick = false;

  int rounds(int full = 101) const { return quick ? 1 : full; }
  int times(int full) const { return quick ? 1 + full / 200 : full; }
  std::size_t crowd(std::size_t full) const { return quick ? 1 + full / 1000 : full; }
};

struct rival {
  std::string name;
  std::function<void()> once;  // what is timed
  int times = 1;               // in each turn
};

struct timing {
  double microseconds = 0;  // each time, the median of all rounds
  double ratio = 1;         // to the first rival
};

// One for each rival, in their order. The first is what the others are divided by.
std::vector<timing> take_turns(const effort& how, const std::vector<rival>& rivals, int rounds = 101);

double median(std::vector<double> all);

struct bar {
  enum class kind { at_most, at_least };
  kind which = kind::at_most;
  double ratio = 0;
};
inline bar at_most(double ratio) {
  return {bar::kind::at_most, ratio};
}
inline bar at_least(double ratio) {
  return {bar::kind::at_least, ratio};
}

struct figure {
  std::string name;       // what
  std::string against{};  // what it is divided by; empty: `ratio` is the figure itself
  double ratio = 0;
  double value = 0;       // the figure before it was divided
  std::string_view unit;  // of the value
  std::optional<bar> limit{};
  std::optional<double> x{};  // a point of the curve `name`
};

bool met(const figure& f);

// The table, printed as it grows, and the file. Names of groups and transports are for both.
class report {
 public:
  // `transport`: "dev", "uring" or, where none takes part, nothing.
  void begin(std::string group, std::string transport, std::string_view title);
  void add(figure f);
  // A line for people.
  void note(std::string_view key, std::string_view text);
  // How many bars are met, and which are not.
  void end() const;
  // False: it cannot be written.
  bool write_json(const std::string& path) const;

 private:
  struct row {
    std::string group, transport;
    figure what;
  };
  std::string group_, transport_;
  std::vector<row> rows_;
  std::vector<std::pair<std::string, std::string>> notes_;
};

}  // namespace mailslot::bench

// Rounds, medians, the table and the file.
#include "tests/bench/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

namespace mailslot::bench {
namespace {

std::string bar_text(const figure& f) {
  if (!f.limit) return "";
  return fmt::format("{} {:.2f} {}", f.limit->which == bar::kind::at_most ? "<=" : ">=", f.limit->ratio,
                     met(f) ? "met" : "NOT MET");
}

std::string label(const figure& f) {
  std::string text = f.name;
  if (f.x) text += fmt::format(" {:.0f}", *f.x);
  if (!f.against.empty()) text += " / " + f.against;
  return text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

namespace {

// Microseconds each time.
double turn(const rival& who, int times) {
  // Whoever took the processor for long has to wait for it where others want it, too. That shall not be the
  // loss of the next one.
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto began = std::chrono::steady_clock::now();
  for (int n = 0; n < times; ++n) who.once();
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - began;
  return spent.count() / times;
}

}  // namespace

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

std::vector<timing> take_turns(const effort& how, const std::vector<rival>& rivals, int rounds) {
  std::vector<std::vector<double>> took(rivals.size());
  for (const auto& each : rivals) turn(each, 1);  // the first time is never like the others
  for (int r = 0; r < how.rounds(rounds); ++r) {
    for (std::size_t i = 0; i < rivals.size(); ++i) {
      took[i].push_back(turn(rivals[i], how.times(rivals[i].times)));
    }
  }
  std::vector<timing> all;
  for (const auto& mine : took) {
    std::vector<double> ratios;
    for (std::size_t r = 0; r < mine.size(); ++r) ratios.push_back(mine[r] / took.front()[r]);
    all.push_back({median(mine), median(ratios)});
  }
  return all;
}

bool met(const figure& f) {
  if (!f.limit) return true;
  return f.limit->which == bar::kind::at_most ? f.ratio <= f.limit->ratio : f.ratio >= f.limit->ratio;
}

void report::begin(std::string group, std::string transport, std::string_view title) {
  group_ = std::move(group);
  transport_ = std::move(transport);
  fmt::print("\n{}{}\n", title, transport_.empty() ? "" : " [" + transport_ + "]");
}

void report::add(figure f) {
  fmt::print("  {:>8.2f}{}  {:<15} {:>12.3f} {:<9} {}\n", f.ratio, f.against.empty() ? ' ' : 'x', bar_text(f),
             f.value, f.unit, label(f));
  std::fflush(stdout);
  rows_.push_back({group_, transport_, std::move(f)});
}

void report::note(std::string_view key, std::string_view text) {
  fmt::print("{}: {}\n", key, text);
  notes_.emplace_back(key, text);
}

void report::end() const {
  int bars = 0, reached = 0;
  for (const auto& r : rows_) {
    if (!r.what.limit) continue;
    ++bars;
    reached += met(r.what) ? 1 : 0;
  }
  fmt::print("\n{} of {} bars met\n", reached, bars);
  for (const auto& r : rows_) {
    if (met(r.what)) continue;
    fmt::print("  not met: {} [{}] {}: {:.2f}, {}\n", r.group, r.transport, label(r.what), r.what.ratio,
               bar_text(r.what));
  }
}

bool report::write_json(const std::string& path) const {
  std::ofstream out(path);
  out << "{\n";
  for (const auto& [key, text] : notes_) out << fmt::format("  {}: {},\n", quoted(key), quoted(text));
  out << "  \"figures\": [";
  const char* separator = "\n";
  for (const auto& [group, transport, f] : rows_) {
    out << separator
        << fmt::format(R"(    {{"group": {}, "transport": {}, "name": {}, "against": {}, "ratio": {:.4f}, )"
                       R"("value": {:.4f}, "unit": {})",
                       quoted(group), quoted(transport), quoted(f.name), quoted(f.against), f.ratio, f.value,
                       quoted(f.unit));
    if (f.x) out << fmt::format(R"(, "x": {:.0f})", *f.x);
    if (f.limit) {
      out << fmt::format(R"(, "{}": {:.2f}, "met": {})",
                         f.limit->which == bar::kind::at_most ? "at_most" : "at_least", f.limit->ratio,
                         met(f));
    }
    out << "}";
    separator = ",\n";
  }
  out << "\n  ]\n}\n";
  return static_cast<bool>(out.flush());
}

}  // namespace mailslot::bench

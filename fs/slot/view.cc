// The table of words and what they exclude.
#include "fs/slot/view.h"

#include <array>

namespace mailslot {
namespace {

struct row {
  view_word say;
  bool (*apply)(view& v);  // false: the axis has a word already
};

bool set(taking& axis, taking to) {
  if (axis != taking::take) return false;
  axis = to;
  return true;
}

constexpr std::array other_words = {
    row{{"peek", "what waits, oldest first, taking nothing, then end of file"},
        [](view& v) { return set(v.source, taking::peek); }},
    row{{"tail", "a copy of every message posted from the open on, taking nothing"},
        [](view& v) { return set(v.source, taking::tail); }},
    row{{"wait", "reads wait for ever, whatever the slot's read_timeout"},
        [](view& v) {
          if (v.patience != waiting::slot) return false;
          v.patience = waiting::wait;
          return true;
        }},
    row{{"strict", "Windows to the letter: errors for time out, short buffer and empty slot; stands alone"},
        [](view& v) {
          if (v.strict) return false;
          v.strict = true;
          return true;
        }},
};

bool apply(std::string_view word, view& v) {
  for (const auto& known : framings()) {
    if (known.word != word) continue;
    if (v.frame != &whole_framing()) return false;
    v.frame = &known.get();
    return true;
  }
  for (const auto& known : other_words) {
    if (known.say.word == word) return known.apply(v);
  }
  return false;
}

bool makes_sense(const view& v) {
  if (v.strict) return v == view{.strict = true};
  if (v.source != taking::take && v.patience == waiting::wait) return false;
  return !(v.frame->one_message() && v.source == taking::tail);
}

}  // namespace

std::optional<view> parse_view(std::string_view words) {
  view v;
  for (;;) {
    const auto plus = words.find('+');
    if (!apply(words.substr(0, plus), v)) return std::nullopt;
    if (plus == std::string_view::npos) break;
    words.remove_prefix(plus + 1);
  }
  if (!makes_sense(v)) return std::nullopt;
  return v;
}

std::string name_of(const view& v) {
  std::string name;
  const auto add = [&name](std::string_view word) {
    if (!name.empty()) name += '+';
    name += word;
  };
  for (const auto& known : framings()) {
    if (v.frame == &known.get()) add(known.word);
  }
  if (v.source == taking::peek) add("peek");
  if (v.source == taking::tail) add("tail");
  if (v.patience == waiting::wait) add("wait");
  if (v.strict) add("strict");
  return name;
}

std::vector<view_word> view_words() {
  std::vector<view_word> all;
  for (const auto& known : framings()) all.push_back({known.word, known.help});
  for (const auto& known : other_words) all.push_back(known.say);
  return all;
}

bool counts_as_reader(const view& v, access how) {
  if (!reads(how) || v.source != taking::take) return false;
  // On Windows whoever can write is a client, and clients read nothing.
  return !v.strict || !writes(how);
}

}  // namespace mailslot

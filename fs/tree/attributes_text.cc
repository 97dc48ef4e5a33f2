// The table of keys.
#include "fs/tree/attributes_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <ranges>

namespace mailslot {
namespace {

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = s.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(blank) - first + 1);
}

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size();
}

std::string date_text(moment m) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(m);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

// Reads "yes"/"no" or whatever two words stand for true and false.
std::error_code parse_word(std::string_view text, std::string_view yes, std::string_view no, bool& out) {
  if (text != yes && text != no) return errc::bad_value;
  out = text == yes;
  return {};
}

// A count within [least, most].
template <class Number>
std::error_code parse_count(std::string_view text, Number least, Number most, Number& out) {
  const auto n = parse_size(text);
  if (!n || *n < least || *n > most) return errc::bad_value;
  out = static_cast<Number>(*n);
  return {};
}

struct row {
  std::string_view key;
  std::string (*get)(const settings&, const figures&);
  std::error_code (*set)(std::string_view, settings&);  // null: only reads
};

constexpr std::uint32_t most_u32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::array<std::string_view, 3> full_words = {"reject", "drop-oldest", "drop-newest"};

std::error_code set_full(std::string_view v, settings& s) {
  for (std::size_t i = 0; i < full_words.size(); ++i) {
    if (v == full_words[i]) {
      s.full = static_cast<full_policy>(i);
      return {};
    }
  }
  return errc::bad_value;
}

std::error_code set_ttl(std::string_view v, settings& s) {
  const auto t = parse_timeout(v);
  if (!t || *t == forever) return errc::bad_value;
  s.ttl = *t;
  return {};
}

std::error_code set_timeout(std::string_view v, settings& s) {
  const auto t = parse_timeout(v);
  if (!t) return t.error();
  s.read_timeout = *t;
  return {};
}

std::error_code set_message_size(std::string_view v, settings& s) {
  // Above largest_message nothing could come anyway; what was asked for is what is shown.
  return parse_count<std::uint32_t>(v, 0, most_u32, s.max_message_size);
}

std::error_code set_durable(std::string_view v, settings&) {
  if (v == "no") return {};
  return v == "async" || v == "sync" ? errc::not_supported : errc::bad_value;
}

constexpr auto rows = std::to_array<row>({
    {"max_message_size", [](auto& s, auto&) { return fmt::to_string(s.max_message_size); }, set_message_size},
    {"read_timeout", [](auto& s, auto&) { return timeout_text(s.read_timeout); }, set_timeout},
    {"max_messages", [](auto& s, auto&) { return fmt::to_string(s.max_messages); },
     [](auto v, auto& s) { return parse_count<std::uint32_t>(v, 1, most_u32, s.max_messages); }},
    {"max_bytes", [](auto& s, auto&) { return fmt::to_string(s.max_bytes); },
     [](auto v, auto& s) { return parse_count<std::uint64_t>(v, 1, 1ULL << 62U, s.max_bytes); }},
    {"full", [](auto& s, auto&) { return std::string(full_words[static_cast<std::size_t>(s.full)]); },
     set_full},
    {"ttl", [](auto& s, auto&) { return timeout_text(s.ttl); }, set_ttl},
    {"lifetime", [](auto& s, auto&) { return std::string(s.handle_lifetime ? "handle" : "persistent"); },
     [](auto v, auto& s) { return parse_word(v, "handle", "persistent", s.handle_lifetime); }},
    {"exclusive", [](auto& s, auto&) { return std::string(s.exclusive ? "yes" : "no"); },
     [](auto v, auto& s) { return parse_word(v, "yes", "no", s.exclusive); }},
    {"remote", [](auto& s, auto&) { return std::string(s.remote ? "allow" : "deny"); },
     [](auto v, auto& s) { return parse_word(v, "allow", "deny", s.remote); }},
    {"durable", [](auto&, auto&) { return std::string("no"); }, set_durable},
    {"count", [](auto&, auto& f) { return fmt::to_string(f.count); }, nullptr},
    {"bytes", [](auto&, auto& f) { return fmt::to_string(f.bytes); }, nullptr},
    {"next_size", [](auto&, auto& f) { return fmt::to_string(f.next_size); }, nullptr},
    {"readers", [](auto&, auto& f) { return fmt::to_string(f.readers); }, nullptr},
    {"waiting", [](auto&, auto& f) { return fmt::to_string(f.waiting); }, nullptr},
    {"writers", [](auto&, auto& f) { return fmt::to_string(f.writers); }, nullptr},
    {"posted", [](auto&, auto& f) { return fmt::to_string(f.posted); }, nullptr},
    {"taken", [](auto&, auto& f) { return fmt::to_string(f.taken); }, nullptr},
    {"dropped", [](auto&, auto& f) { return fmt::to_string(f.dropped); }, nullptr},
    {"expired", [](auto&, auto& f) { return fmt::to_string(f.expired); }, nullptr},
    {"oldest", [](auto&, auto& f) { return f.count == 0 ? std::string("none") : date_text(f.oldest); },
     nullptr},
    {"created", [](auto&, auto& f) { return date_text(f.created); }, nullptr},
});

const row* find_row(std::string_view key) {
  const auto found = std::ranges::find(rows, key, &row::key);
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string_view> attribute_keys() {
  std::vector<std::string_view> keys;
  for (const row& r : rows) keys.push_back(r.key);
  return keys;
}

expected<std::string> attribute_value(std::string_view key, const settings& s, const figures& f) {
  const row* r = find_row(key);
  if (!r) return refuse(errc::no_such_attribute);
  return r->get(s, f);
}

std::error_code set_attribute(std::string_view key, std::string_view value, settings& s) {
  const row* r = find_row(key);
  if (!r) return errc::bad_value;
  return r->set ? r->set(value, s) : errc::not_permitted;
}

std::string attributes_text(const settings& s, const figures& f) {
  std::string text;
  for (const row& r : rows) fmt::format_to(std::back_inserter(text), "{}={}\n", r.key, r.get(s, f));
  return text;
}

std::error_code apply_attributes(std::string_view text, settings& s) {
  settings changed = s;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return errc::bad_value;
    const auto failed =
        set_attribute(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)), changed);
    if (failed) return failed;
  }
  s = changed;
  return {};
}

expected<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t n = 0;
  unsigned shift = 0;
  if (!text.empty()) {
    switch (text.back()) {
      case 'K':
      case 'k':
        shift = 10;
        break;
      case 'M':
      case 'm':
        shift = 20;
        break;
      case 'G':
      case 'g':
        shift = 30;
        break;
      default:
        break;
    }
  }
  if (shift != 0) text.remove_suffix(1);
  if (!parse_number(text, n) || n > (std::numeric_limits<std::uint64_t>::max() >> shift)) {
    return refuse(errc::bad_value);
  }
  return n << shift;
}

expected<duration> parse_timeout(std::string_view text) {
  if (text == "forever") return forever;
  std::uint64_t ms = 0;
  // The bound is that of nanoseconds in 63 bits: 292 years.
  if (!parse_number(text, ms) || ms > 9'000'000'000'000ULL) return refuse(errc::bad_value);
  return std::chrono::milliseconds(ms);
}

std::string timeout_text(duration d) {
  if (d == forever) return "forever";
  return fmt::format("{}", std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

}  // namespace mailslot

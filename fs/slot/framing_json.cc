// `json`: one object a line. A reader gets
//   {"id":7,"time":"2026-01-02T03:04:05.000000006Z","from":{"host":"h","uid":1000,"gid":1000,"pid":42},
//    "size":2,"text":"hi"}
// on one line, with "base64" in place of "text" where the bytes are no UTF-8; from the network "from" is
// {"address","name","verified"}; an unknown user or group is "unknown", an unknown process 0; and
// {"lost":N} stands where copies were lost. Of what a writer sends, only "text" or "base64" counts, so that
// what was read can be written as it is.
#include "fs/slot/framing.h"
#include "fs/slot/text_codec.h"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace mailslot {
namespace {

namespace json = boost::json;

// Parser events of one line. Keeps nothing but the two strings that count, so that no line can make it take
// more memory than its own length.
class picker {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  enum class found : std::uint8_t { nothing, text, base64 };
  explicit picker(std::string& into) : value_(into) { value_.clear(); }
  found what() const { return what_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    ++depth_;
    return other(false);
  }
  bool on_object_end(std::size_t, json::error_code&) {
    --depth_;
    return true;
  }
  bool on_array_begin(json::error_code&) {
    // No key counts inside, and no array can be the message: as deep as it gets.
    if (depth_++ == 0) return false;
    return other(false);
  }
  bool on_array_end(std::size_t, json::error_code&) {
    --depth_;
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    add_to_key({part.data(), part.size()});
    return true;
  }
  bool on_key(json::string_view rest, std::size_t, json::error_code&) {
    add_to_key({rest.data(), rest.size()});
    key_ = found::nothing;
    if (depth_ == 1 && name_ == "text") key_ = found::text;
    if (depth_ == 1 && name_ == "base64") key_ = found::base64;
    name_.clear();
    if (key_ == found::nothing) return true;
    if (what_ != found::nothing) return false;
    what_ = key_;
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    if (key_ != found::nothing) value_.append(part.data(), part.size());
    return depth_ != 0;
  }
  bool on_string(json::string_view rest, std::size_t, json::error_code&) {
    if (key_ != found::nothing) value_.append(rest.data(), rest.size());
    key_ = found::nothing;
    return depth_ != 0;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return other(); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return other(); }
  bool on_double(double, json::string_view, json::error_code&) { return other(); }
  bool on_bool(bool, json::error_code&) { return other(); }
  bool on_null(json::error_code&) { return other(); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  // A value that is no string: not what text or base64 may be, and `scalar` not what a line may be.
  bool other(bool scalar = true) { return key_ == found::nothing && (!scalar || depth_ != 0); }

  void add_to_key(std::string_view part) {
    // A longer name is none that counts.
    name_ += part.substr(0, std::min<std::size_t>(part.size(), 16 - name_.size()));
  }

  std::string& value_;
  std::string name_;
  found key_ = found::nothing;  // what the value that comes next would be
  found what_ = found::nothing;
  std::size_t depth_ = 0;
};

constexpr std::string_view begin_id = R"({"id":)";
constexpr std::string_view begin_time = R"(,"time":")";
constexpr std::string_view begin_from = R"(","from":)";
constexpr std::string_view begin_host = R"({"host":")";
constexpr std::string_view begin_uid = R"(","uid":)";
constexpr std::string_view begin_gid = R"(,"gid":)";
constexpr std::string_view begin_pid = R"(,"pid":)";
constexpr std::string_view begin_address = R"({"address":")";
constexpr std::string_view begin_name = R"(","name":")";
constexpr std::string_view begin_verified = R"(","verified":)";
constexpr std::string_view begin_size = R"(},"size":)";
constexpr std::string_view begin_text = R"(,"text":")";
constexpr std::string_view begin_base64 = R"(,"base64":")";
constexpr std::string_view end_line = "\"}\n";
constexpr std::string_view unknown = R"("unknown")";
constexpr std::size_t time_size = std::string_view("2026-01-02T03:04:05.000000006Z").size();

constexpr std::size_t digits(std::uint64_t n) {
  std::size_t count = 1;
  for (; n >= 10; n /= 10) ++count;
  return count;
}

std::size_t id_size(std::uint32_t id) {
  return id == budget::nobody ? unknown.size() : digits(id);
}

void append_number(std::uint64_t n, std::string& out) {
  const fmt::format_int text(n);
  out.append(text.data(), text.size());
}

void append_id(std::uint32_t id, std::string& out) {
  if (id == budget::nobody) {
    out += unknown;
  } else {
    append_number(id, out);
  }
}

void append_time(moment when, std::string& out) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(when - day);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                 time.seconds().count(), time.subseconds().count());
}

// What hosts are called is nothing that we could refuse.
std::size_t name_size(std::string_view name) {
  if (const auto size = json_escaped_size(name)) return *size;
  return *json_escaped_size(repaired_utf8(name));
}

void append_name(std::string_view name, std::string& out) {
  if (json_escaped_size(name)) return append_json_escaped(name, out);
  append_json_escaped(repaired_utf8(name), out);
}

std::size_t from_size(const message& m, const view_environment& around) {
  if (const origin* from = m.from()) {
    return begin_address.size() + name_size(from->address) + begin_name.size() + name_size(from->name) +
           begin_verified.size() + (from->verified ? 4 : 5);
  }
  return begin_host.size() + name_size(around.host) + begin_uid.size() + id_size(m.uid()) + begin_gid.size() +
         id_size(m.gid()) + begin_pid.size() + digits(static_cast<std::uint32_t>(m.pid()));
}

void append_from(const message& m, const view_environment& around, std::string& out) {
  if (const origin* from = m.from()) {
    out += begin_address;
    append_name(from->address, out);
    out += begin_name;
    append_name(from->name, out);
    out += begin_verified;
    out += from->verified ? "true" : "false";
    return;
  }
  out += begin_host;
  append_name(around.host, out);
  out += begin_uid;
  append_id(m.uid(), out);
  out += begin_gid;
  append_id(m.gid(), out);
  out += begin_pid;
  append_number(static_cast<std::uint32_t>(m.pid()), out);
}

class json_lines final : public framing {
 public:
  std::size_t encoded_size(const message& m, const view_environment& around) const override {
    const auto text = json_escaped_size(m.text());
    return begin_id.size() + digits(m.id()) + begin_time.size() + time_size + begin_from.size() +
           from_size(m, around) + begin_size.size() + digits(m.size()) +
           (text ? begin_text.size() + *text : begin_base64.size() + base64_size(m.size())) + end_line.size();
  }

  void encode(const message& m, const view_environment& around, std::string& out) const override {
    out += begin_id;
    append_number(m.id(), out);
    out += begin_time;
    append_time(m.time(), out);
    out += begin_from;
    append_from(m, around, out);
    out += begin_size;
    append_number(m.size(), out);
    if (json_escaped_size(m.text())) {
      out += begin_text;
      append_json_escaped(m.text(), out);
    } else {
      out += begin_base64;
      append_base64(m.text(), out);
    }
    out += end_line;
  }

  void encode_lost(std::uint64_t n, std::string& out) const override {
    out += R"({"lost":)";
    append_number(n, out);
    out += "}\n";
  }

  expected<std::optional<std::size_t>> end_of(bytes_view begun, bytes_view more,
                                              std::size_t limit) const override {
    const auto newline = std::find(more.begin(), more.end(), std::byte{'\n'});
    if (newline == more.end()) return std::nullopt;
    const auto end = static_cast<std::size_t>(newline - more.begin()) + 1;
    if (begun.size() + end > most_carried(limit)) return refuse(errc::message_too_long);
    return end;
  }

  expected<bytes_view> body_of(bytes_view piece, std::string& scratch) const override {
    json::basic_parser<picker> parser(json::parse_options{}, scratch);
    json::error_code why;
    const std::string_view line(reinterpret_cast<const char*>(piece.data()), piece.size());
    const std::size_t used = parser.write_some(false, line.data(), line.size(), why);
    // A newline within the line's end is white space to the parser, and it reads to the first other byte.
    if (why || !parser.done() || line.find_first_not_of(" \t\r\n", used) != std::string_view::npos) {
      return refuse(errc::bad_value);
    }
    switch (parser.handler().what()) {
      case picker::found::nothing:
        return refuse(errc::bad_value);
      case picker::found::text:
        return as_bytes(scratch);
      case picker::found::base64:
        break;
    }
    std::string bytes;
    if (!append_decoded_base64(scratch, bytes)) return refuse(errc::bad_value);
    scratch = std::move(bytes);
    return as_bytes(scratch);
  }

  expected<bytes_view> tail_of(bytes_view begun, std::string& scratch) const override {
    return body_of(begun, scratch);
  }

  // Each byte of a message may be written as \u00XX; the rest is for what does not count.
  std::size_t most_carried(std::size_t limit) const override { return 6 * limit + 65536; }
};

}  // namespace

const framing& json_framing() {
  static const json_lines instance;
  return instance;
}

}  // namespace mailslot

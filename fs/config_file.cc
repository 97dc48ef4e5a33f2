// TOML by toml++.
#include "fs/config_file.h"

// In this file only, and with errors as values.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace mailslot {
namespace {

// What a single value is on the command line; nothing for what no option takes: dates, tables, fractions.
std::optional<std::string> plain_value(const toml::node& from) {
  if (const auto* text = from.as_string()) return text->get();
  if (const auto* truth = from.as_boolean()) return truth->get() ? "yes" : "no";
  if (const auto* number = from.as_integer()) {
    const bool octal = number->flags() == toml::value_flags::format_as_octal;
    return octal ? fmt::format("0o{:o}", number->get()) : fmt::to_string(number->get());
  }
  return std::nullopt;
}

std::string place(const std::string& path, const toml::source_region& where) {
  return fmt::format("{}:{}", path, where.begin.line);
}

}  // namespace

tl::expected<std::vector<given_option>, std::string> parse_config(std::string_view text,
                                                                  const std::string& path) {
  const auto parsed = toml::parse(text, path);
  if (parsed.failed()) {
    std::string why(parsed.error().description());
    std::ranges::replace(why, '\n', ' ');
    return tl::unexpected(fmt::format("{}: {}", place(path, parsed.error().source()), why));
  }
  struct found {
    toml::source_position at;
    given_option option;
  };
  std::vector<found> all;
  for (const auto& [key, node] : parsed.table()) {
    const auto where = place(path, node.source());
    const auto wrong = [&](std::string_view sentence) {
      return tl::unexpected(fmt::format("{}: {}: {}", where, key.str(), sentence));
    };
    if (node.is_table()) return wrong("is a section; options stand in none");
    const auto add = [&](const toml::node& one) {
      auto value = plain_value(one);
      if (!value) return false;
      all.push_back({one.source().begin, {std::string(key.str()), *value, place(path, one.source())}});
      return true;
    };
    bool good = true;
    if (const auto* list = node.as_array()) {
      for (const auto& one : *list) good = good && add(one);
    } else {
      good = add(node);
    }
    if (!good) return wrong("takes text, a whole number, true or false, or a list of texts");
  }
  // The table has them in alphabetical order.
  std::ranges::sort(all, {}, [](const found& f) { return std::pair(f.at.line, f.at.column); });
  std::vector<given_option> in_order;
  for (auto& each : all) in_order.push_back(std::move(each.option));
  return in_order;
}

tl::expected<std::string, std::string> read_text_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  // A directory opens, and fails when it is read.
  if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(text << file.rdbuf())) || file.bad()) {
    return tl::unexpected(fmt::format("cannot read \"{}\": {}", path, std::strerror(errno)));
  }
  return text.str();
}

tl::expected<std::vector<given_option>, std::string> read_config(const std::string& path) {
  auto text = read_text_file(path);
  if (!text) return tl::unexpected(text.error());
  return parse_config(*text, path);
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20 || u == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(u));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace mailslot

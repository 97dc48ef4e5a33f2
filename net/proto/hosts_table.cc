// Parsing of the static table.
#include "net/proto/hosts_table.h"

#include "net/proto/target.h"

#include <fmt/format.h>

#include <algorithm>

namespace mailslot::net {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const auto word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

tl::expected<hosts_table, std::string> hosts_table::parse(std::string_view text) {
  hosts_table table;
  for (int number = 1; !text.empty(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto address_word = next_word(line);
    if (address_word.empty() || address_word[0] == '#') continue;
    const auto wrong = [number](std::string_view what, std::string_view word) {
      return tl::unexpected(fmt::format("line {}: {}: '{}'", number, what, printable(word)));
    };
    const auto address = parse_ipv4(address_word);
    if (!address || !address->is_host()) return wrong("not the IPv4 address of a host", address_word);
    const auto name_word = next_word(line);
    const auto parsed = parse_target(name_word);
    if (!parsed || parsed->own_domain) return wrong("not a NetBIOS name", name_word);
    const auto kind_word = next_word(line);
    const bool group = kind_word == "group";
    if (!kind_word.empty() && !group && kind_word[0] != '#')
      return wrong("neither 'group' nor a comment", kind_word);

    auto& entry = name_word.find('#') == std::string_view::npos
                      ? table.any_kind_[std::string(parsed->name.text())]
                      : table.exact_[parsed->name];
    if (!entry.addresses.empty() && !(entry.group && group))
      return wrong("the name has a line already", name_word);
    entry.group = group;
    entry.addresses.push_back(*address);
  }
  return table;
}

const route* hosts_table::find(const netbios_name& name) const {
  if (const auto exact = exact_.find(name); exact != exact_.end()) return &exact->second;
  if (const auto any = any_kind_.find(std::string(name.text())); any != any_kind_.end()) return &any->second;
  return nullptr;
}

}  // namespace mailslot::net

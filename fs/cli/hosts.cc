// mailslot hosts: the computers that this node has heard of.
#include "fs/cli/hosts.h"

#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"
#include "fs/cli/table.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace mailslot::cli {
namespace {

// "key=value key=value" of one peer.
std::string field(std::string_view line, std::string_view key) {
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    const auto word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=') {
      return std::string(word.substr(key.size() + 1));
    }
  }
  return "-";
}

}  // namespace

result<std::vector<std::string>> known_hosts(const surroundings& around) {
  if (auto mounted = require_mount(around, around.root); !mounted) return tl::unexpected(mounted.error());
  const target peers{".net/peers", around.root, ".net/peers"};
  const auto text = read_file(peers, peers.file());
  if (!text && text.error().code == ENOENT) {
    return fail_with(ENOENT, "this mount has no network (mount it with -o net=netbios)");
  }
  if (!text) return tl::unexpected(text.error());
  std::vector<std::string> lines;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (end > 0) lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

std::string host_of(const std::string& peer) {
  return field(peer, "name");
}

int hosts(const surroundings& around, const hosts_options& options) {
  const auto lines = known_hosts(around);
  if (!lines) return complain(around, lines.error());
  const bool plain = options.plain || !around.out_is_terminal;
  std::vector<table_row> rows;
  for (const auto& line : *lines) {
    std::string seen = field(line, "seconds_ago");
    if (!plain && seen != "-") seen = short_age(std::atoll(seen.c_str()));
    rows.push_back({seen, printable(field(line, "address")), printable(host_of(line))});
  }
  if (plain) return print(around, tabbed(rows));
  return rows.empty() ? static_cast<int>(success) : print(around, aligned({"SEEN", "ADDRESS", "NAME"}, rows));
}

}  // namespace mailslot::cli

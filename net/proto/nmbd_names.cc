// Asking nmbd what it is called.
#include "net/proto/nmbd_names.h"

#include "net/proto/name_packets.h"

#include <algorithm>

namespace mailslot::net {
namespace {

using namespace std::chrono_literals;

constexpr duration retry_time = 1s;
constexpr duration renewal_time = 1min;

// Samba shows <1c> as unique, though it answers queries for it as for a group.
bool is_group(const status_entry& entry) {
  return (entry.flags & nb_flags::group) != 0 || is_group_kind(entry.name.suffix());
}

// "\1\2__MSBROWSE__\2", which every browser has, is for announcements alone.
bool is_usable(const status_entry& entry) {
  return (entry.flags & nb_flags::active) != 0 && !entry.name.text().starts_with('\x01');
}

}  // namespace

void nmbd_names::on_timer(time_point now, std::span<const link> links, actions& out) {
  if (now < due_) return;
  due_ = now + retry_time;
  if (links.empty()) return;
  id_ = random_.id();
  asked_ = links.front().address;
  out.send.push_back({.from = service::name,
                      .via = asked_,
                      .to = {asked_, static_cast<std::uint16_t>(service::name)},
                      .payload = status_query_packet(*id_)});
}

std::optional<std::vector<name_table::own_name>> nmbd_names::on_response(time_point now, const arrival& how,
                                                                         const name_packet& response) {
  if (!id_ || response.id != *id_ || how.from.address != asked_ || !response.answer ||
      response.answer->type != record_type::node_status)
    return std::nullopt;
  const auto status = decode_node_status(response.answer->data);
  if (!status) return std::nullopt;
  std::vector<name_table::own_name> names;
  for (const auto& entry : status->names) {
    if (is_usable(entry)) names.push_back({.name = entry.name, .group = is_group(entry)});
  }
  // nmbd puts its own name in front of its aliases.
  const auto to_front = [&names](std::size_t place, bool group) {
    const auto found = std::find_if(
        names.begin() + static_cast<std::ptrdiff_t>(place), names.end(),
        [group](const auto& own) { return own.name.suffix() == suffix::workstation && own.group == group; });
    if (found == names.end()) return false;
    std::rotate(names.begin() + static_cast<std::ptrdiff_t>(place), found, found + 1);
    return true;
  };
  if (names.empty() || !to_front(0, false) || !to_front(1, true)) return std::nullopt;
  id_.reset();
  due_ = now + renewal_time;
  return names;
}

}  // namespace mailslot::net

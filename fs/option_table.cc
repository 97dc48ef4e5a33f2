// The table, and what its rows do.
#include "fs/option_table.h"

#include "fs/tree/attributes_text.h"
#include "net/proto/target.h"
#include "net/wire/ipv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace mailslot {
namespace {

using enum option_type;
using texts = std::vector<std::string>;

bool read_mode(std::string_view text, mode_t& mode) {
  if (text.starts_with("0o")) text.remove_prefix(2);  // as TOML writes octal numbers
  unsigned n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n, 8);
  if (failed != std::errc{} || end != text.data() + text.size() || n > 0777) return false;
  mode = n;
  return true;
}

template <class Number>
bool read_size(std::string_view text, std::uint64_t most, Number& out) {
  const auto n = parse_size(text);
  if (!n || *n > most) return false;
  out = static_cast<Number>(*n);
  return true;
}

bool set_word(std::string_view text, std::string_view yes, std::string_view no, bool& out) {
  out = text == yes;
  return out || text == no;
}

bool set_flag(std::string_view text, bool& out) {
  return set_word(text, "yes", "no", out);
}

bool is_netbios_name(std::string_view text) {
  const auto name = net::parse_target(text);
  return name && !name->own_domain;
}

texts shown_flag(bool flag) {
  return {flag ? "yes" : "no"};
}
texts shown(std::uint64_t number) {
  return {fmt::to_string(number)};
}
texts shown_mode(mode_t mode) {
  return {fmt::format("{:o}", mode)};
}
texts unless_empty(const std::string& text) {
  return text.empty() ? texts{} : texts{text};
}

constexpr std::uint64_t most_bytes = 1ULL << 60U;

constexpr auto rows = std::to_array<option_row>({
    {flag, "allow_other", "", "let all users use the mount, not only the one who mounts", "",
     [](auto v, auto& o) { return set_flag(v, o.mount.allow_other); },
     [](auto& o) { return shown_flag(o.mount.allow_other); }},
    {flag, "ro", "", "mount read-only: nothing can be posted, made or changed", "",
     [](auto v, auto& o) { return set_flag(v, o.mount.read_only); },
     [](auto& o) { return shown_flag(o.mount.read_only); }},
    {flag, "noexec", "", "let nobody run programs from the mount", "",
     [](auto v, auto& o) { return set_flag(v, o.mount.no_exec); },
     [](auto& o) { return shown_flag(o.mount.no_exec); }},
    {single, "slot_mode", "MODE", "permissions of new slots, in octal (622)", "an octal number up to 777",
     [](auto v, auto& o) { return read_mode(v, o.names.slot_mode); },
     [](auto& o) { return shown_mode(o.names.slot_mode); }},
    {single, "root_mode", "MODE", "permissions of the mount point (777 with allow_other, else 755)",
     "an octal number up to 777",
     [](auto v, auto& o) { return o.root_mode_given = read_mode(v, o.names.root.mode); },
     [](auto& o) { return shown_mode(o.names.root.mode); }},
    {single, "case", "WORD", "letters in names: insensitive (default) or sensitive",
     "insensitive or sensitive",
     [](auto v, auto& o) {
       bool exact = false;
       const bool fine = set_word(v, "sensitive", "insensitive", exact);
       o.names.names = exact ? letter_case::exact : letter_case::folded;
       return fine;
     },
     [](auto& o) { return texts{o.names.names == letter_case::exact ? "sensitive" : "insensitive"}; }},
    {single, "create", "WORD",
     "who makes missing slots: explicit (default: touch, mknod) or writers (also > and >>)",
     "explicit or writers",
     [](auto v, auto& o) { return set_word(v, "writers", "explicit", o.names.writers_create); },
     [](auto& o) { return texts{o.names.writers_create ? "writers" : "explicit"}; }},
    {single, "read_timeout", "TIME", "how long reads of an empty new slot wait: milliseconds or forever (0)",
     "milliseconds, or forever",
     [](auto v, auto& o) {
       const auto t = parse_timeout(v);
       if (t) o.names.defaults.read_timeout = *t;
       return t.has_value();
     },
     [](auto& o) { return texts{timeout_text(o.names.defaults.read_timeout)}; }},
    {single, "max_message_size", "BYTES", "largest message of a new slot; 0 = no limit of its own (0)",
     "bytes, as in 65536, 64K or 1M",
     [](auto v, auto& o) { return read_size(v, UINT32_MAX, o.names.defaults.max_message_size); },
     [](auto& o) { return shown(o.names.defaults.max_message_size); }},
    {single, "total_bytes", "BYTES", "memory of all messages; 0 = no bound (256M)",
     "bytes, as in 65536, 64K or 256M",
     [](auto v, auto& o) { return read_size(v, most_bytes, o.total_bytes); },
     [](auto& o) { return shown(o.total_bytes); }},
    {single, "user_bytes", "BYTES", "memory of the messages of one user, root excepted; 0 = no bound (64M)",
     "bytes, as in 65536, 64K or 64M", [](auto v, auto& o) { return read_size(v, most_bytes, o.user_bytes); },
     [](auto& o) { return shown(o.user_bytes); }},
    {single, "max_slots", "COUNT", "slots, directories and symlinks together (1000000)",
     "a number from 1 to 100000000",
     [](auto v, auto& o) { return read_size(v, 100'000'000, o.names.max_slots) && o.names.max_slots > 0; },
     [](auto& o) { return shown(o.names.max_slots); }},
    {single, "transport", "WORD", "how requests come: auto (default: io_uring if it can be), uring or dev",
     "auto, uring or dev",
     [](auto v, auto& o) {
       o.mount.transport = v == "uring" ? transport_kind::uring
                           : v == "dev" ? transport_kind::dev
                                        : transport_kind::automatic;
       return v == "auto" || v == "uring" || v == "dev";
     },
     [](auto& o) {
       return texts{o.mount.transport == transport_kind::uring ? "uring"
                    : o.mount.transport == transport_kind::dev ? "dev"
                                                               : "auto"};
     }},
    {single, "log_level", "LEVEL", "least that is logged: error, warning, notice (default), info or debug",
     "error, warning, notice, info or debug",
     [](auto v, auto& o) {
       const auto level = log::parse_level(v);
       if (level) o.log_level = *level;
       return level.has_value();
     },
     [](auto& o) { return texts{std::string(log::name_of(o.log_level))}; }},
    {single, "net", "KIND", "the network: netbios, or off (default)", "netbios or off",
     [](auto v, auto& o) {
       o.network.kind = v;
       return v == "off" || v == "netbios";
     },
     [](auto& o) { return texts{o.network.kind}; }},
    {single, "name", "NAME", "NetBIOS name of this computer (the host's)",
     "a NetBIOS name, of up to 15 characters",
     [](auto v, auto& o) { return is_netbios_name(o.network.name = v); },
     [](auto& o) { return unless_empty(o.network.name); }, true},
    {single, "domain", "NAME", "NetBIOS name of the domain or workgroup (WORKGROUP)",
     "a NetBIOS name, of up to 15 characters",
     [](auto v, auto& o) { return is_netbios_name(o.network.domain = v); },
     [](auto& o) { return texts{o.network.domain}; }, true},
    {several, "alias", "NAME", "one more name to receive messages for, NAME or NAME#HEX (1c, 1e: a group)",
     "NAME or NAME#HEX", [](auto v, auto& o) { return is_netbios_name(o.network.aliases.emplace_back(v)); },
     [](auto& o) { return o.network.aliases; }, true},
    {several, "interface", "NAME", "interface or address to use (all that can broadcast)",
     "a name or an address", [](auto v, auto& o) { return !o.network.interfaces.emplace_back(v).empty(); },
     [](auto& o) { return o.network.interfaces; }, true},
    {several, "wins", "ADDRESS", "WINS server, in order of preference (none)", "an IPv4 address",
     [](auto v, auto& o) { return net::parse_ipv4(o.network.wins.emplace_back(v)).has_value(); },
     [](auto& o) { return o.network.wins; }, true},
    {single, "hosts", "FILE", "table of names and addresses that are never asked for, like lmhosts", "a file",
     [](auto v, auto& o) { return !(o.network.hosts = v).empty(); },
     [](auto& o) { return unless_empty(o.network.hosts); }, true},
    {flag, "samba_safe", "", "send no message that is too long for Samba's nmbd", "",
     [](auto v, auto& o) { return set_flag(v, o.network.samba_safe); },
     [](auto& o) { return shown_flag(o.network.samba_safe); }, true},
    {single, "nmbd_socket", "PATH",
     "where an nmbd on this host passes messages on (/run/samba/nmbd/unexpected)", "a path",
     [](auto v, auto& o) { return !(o.network.nmbd_socket = v).empty(); },
     [](auto& o) { return texts{o.network.nmbd_socket}; }, true},
    {single, "remote_rate", "COUNT", "messages a second taken from one address; 0 = no bound (10000)",
     "a number up to 100000000",
     [](auto v, auto& o) { return read_size(v, 100'000'000, o.network.remote_rate); },
     [](auto& o) { return shown(o.network.remote_rate); }, true},
});

// How many letters have to be put in, left out or replaced to make one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const option_row> option_rows() {
  return rows;
}

const option_row* find_option(std::string_view key) {
  const auto found = std::ranges::find(rows, key, &option_row::key);
  return found == rows.end() ? nullptr : &*found;
}

std::string_view nearest_option(std::string_view key) {
  if (key.size() > 40) return {};
  const auto from_key = [&](const option_row& r) { return distance(key, r.key); };
  const auto& nearest = *std::ranges::min_element(rows, {}, from_key);
  return from_key(nearest) <= nearest.key.size() / 3 ? nearest.key : std::string_view{};
}

std::string complaint_about(const given_option& what, std::string_view sentence) {
  return what.where.empty() ? fmt::format("option \"{}\" {}", what.key, sentence)
                            : fmt::format("{}: {}: {}", what.where, what.key, sentence);
}

std::optional<std::string> apply_option(const given_option& what, options& o) {
  const option_row& row = *find_option(what.key);
  if (!what.value && row.type != flag) return complaint_about(what, "needs a value");
  const auto value = what.value.value_or("yes");
  if (!row.apply(value, o)) {
    const auto form = row.type == flag ? "yes or no" : row.form;
    return complaint_about(what, fmt::format("cannot be \"{}\": it takes {}", value, form));
  }
  if (row.of_network && !o.first_of_network) o.first_of_network = what;
  return std::nullopt;
}

}  // namespace mailslot

// The table of options and the rules of the command line.
#include "fs/options.h"

#include "fs/tree/attributes_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mailslot {
namespace {

struct row {
  std::string_view key;
  std::string_view value;  // what the help shows after "="; empty: a flag
  std::string_view help;
  std::string_view form;  // what a value that makes sense looks like; of a flag: nothing
  // False: the value makes no sense.
  bool (*apply)(std::string_view value, options& o);
  bool of_network = false;  // means something with net=netbios only
};

bool read_mode(std::string_view text, mode_t& mode) {
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

constexpr std::uint64_t most_bytes = 1ULL << 60U;

constexpr auto rows = std::to_array<row>({
    {"allow_other", "", "let all users use the mount, not only the one who mounts", "",
     [](auto, auto& o) { return o.mount.allow_other = true; }},
    {"slot_mode", "MODE", "permissions of new slots, in octal (622)", "an octal number up to 777",
     [](auto v, auto& o) { return read_mode(v, o.names.slot_mode); }},
    {"root_mode", "MODE", "permissions of the mount point (777 with allow_other, else 755)",
     "an octal number up to 777",
     [](auto v, auto& o) { return o.root_mode_given = read_mode(v, o.names.root.mode); }},
    {"case", "WORD", "letters in names: insensitive (default) or sensitive", "insensitive or sensitive",
     [](auto v, auto& o) {
       bool exact = false;
       const bool fine = set_word(v, "sensitive", "insensitive", exact);
       o.names.names = exact ? letter_case::exact : letter_case::folded;
       return fine;
     }},
    {"create", "WORD", "who makes missing slots: explicit (default: touch, mknod) or writers (also > and >>)",
     "explicit or writers",
     [](auto v, auto& o) { return set_word(v, "writers", "explicit", o.names.writers_create); }},
    {"read_timeout", "TIME", "how long reads of an empty new slot wait: milliseconds or forever (0)",
     "milliseconds, or forever",
     [](auto v, auto& o) {
       const auto t = parse_timeout(v);
       if (t) o.names.defaults.read_timeout = *t;
       return t.has_value();
     }},
    {"max_message_size", "BYTES", "largest message of a new slot; 0 = no limit of its own (0)",
     "bytes, as in 65536, 64K or 1M",
     [](auto v, auto& o) { return read_size(v, UINT32_MAX, o.names.defaults.max_message_size); }},
    {"total_bytes", "BYTES", "memory of all messages; 0 = no bound (256M)", "bytes, as in 65536, 64K or 256M",
     [](auto v, auto& o) { return read_size(v, most_bytes, o.total_bytes); }},
    {"user_bytes", "BYTES", "memory of the messages of one user, root excepted; 0 = no bound (64M)",
     "bytes, as in 65536, 64K or 64M",
     [](auto v, auto& o) { return read_size(v, most_bytes, o.user_bytes); }},
    {"max_slots", "COUNT", "slots, directories and symlinks together (1000000)",
     "a number from 1 to 100000000",
     [](auto v, auto& o) { return read_size(v, 100'000'000, o.names.max_slots) && o.names.max_slots > 0; }},
    {"net", "KIND", "the network: netbios, or off (default)", "netbios or off",
     [](auto v, auto& o) {
       o.network.kind = v;
       return v == "off" || v == "netbios";
     }},
    {"name", "NAME", "NetBIOS name of this computer (the host's)", "a name",
     [](auto v, auto& o) { return !(o.network.name = v).empty(); }, true},
    {"domain", "NAME", "NetBIOS name of the domain or workgroup (WORKGROUP)", "a name",
     [](auto v, auto& o) { return !(o.network.domain = v).empty(); }, true},
    {"alias", "NAME", "one more name to receive messages for, NAME or NAME#HEX; may be repeated",
     "NAME or NAME#HEX", [](auto v, auto& o) { return !o.network.aliases.emplace_back(v).empty(); }, true},
    {"interface", "NAME", "interface or address to use, may be repeated (all that can broadcast)",
     "a name or an address", [](auto v, auto& o) { return !o.network.interfaces.emplace_back(v).empty(); },
     true},
    {"wins", "ADDRESS", "WINS server, may be repeated in order of preference (none)", "an address",
     [](auto v, auto& o) { return !o.network.wins.emplace_back(v).empty(); }, true},
    {"hosts", "FILE", "table of names and addresses that are never asked for, like lmhosts", "a file",
     [](auto v, auto& o) { return !(o.network.hosts = v).empty(); }, true},
    {"samba_safe", "", "send no message that is too long for Samba's nmbd", "",
     [](auto, auto& o) { return o.network.samba_safe = true; }, true},
    {"nmbd_socket", "PATH", "where an nmbd on this host passes messages on (/run/samba/nmbd/unexpected)",
     "a path", [](auto v, auto& o) { return !(o.network.nmbd_socket = v).empty(); }, true},
    {"remote_rate", "COUNT", "messages a second taken from one address; 0 = no bound (10000)",
     "a number up to 100000000",
     [](auto v, auto& o) { return read_size(v, 100'000'000, o.network.remote_rate); }, true},
});

// What mount(8) and fstab add, which the kernel or systemd deals with.
constexpr std::string_view ignored =
    " rw defaults auto noauto user nouser users owner group nofail _netdev dev nodev suid "
    "nosuid exec async atime noatime relatime norelatime strictatime nostrictatime "
    "diratime nodiratime lazytime nolazytime sync dirsync silent loud mand nomand iversion noiversion "
    "symfollow default_permissions ";

std::string apply(std::string_view text, options& o) {
  const auto equals = text.find('=');
  const auto key = text.substr(0, equals);
  const auto found = std::ranges::find(rows, key, &row::key);
  if (found == rows.end()) {
    if (text == "ro" || text == "noexec") {
      (text == "ro" ? o.mount.read_only : o.mount.no_exec) = true;
      return {};
    }
    if (text == "remount") return "a mount cannot be changed while it is there: unmount it, and mount again";
    if (ignored.find(fmt::format(" {} ", text)) != std::string_view::npos || text.starts_with("x-") ||
        text.starts_with("X-") || key == "comment" || key == "user") {
      return {};
    }
    return fmt::format("unknown option \"{}\" (--help lists all)", key);
  }
  if (found->value.empty() != (equals == std::string_view::npos)) {
    return fmt::format("option \"{}\" {}", key, found->value.empty() ? "takes no value" : "needs a value");
  }
  const auto value = equals == std::string_view::npos ? std::string_view{} : text.substr(equals + 1);
  if (!found->apply(value, o)) {
    return fmt::format("option \"{}\" cannot be \"{}\": it takes {}", key, value, found->form);
  }
  if (found->of_network && o.first_of_network.empty()) o.first_of_network = key;
  return {};
}

std::string apply_list(std::string_view list, options& o) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    if (end != 0) {
      if (auto wrong = apply(list.substr(0, end), o); !wrong.empty()) return wrong;
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return {};
}

std::string apply_letter(char letter, options& o) {
  switch (letter) {
    case 'f':
      o.foreground = true;
      return {};
    case 'd':
      o.foreground = o.mount.debug = true;
      return {};
    case 's':
      o.mount.workers = 1;
      return {};
    case 'h':
      o.help = true;
      return {};
    case 'V':
      o.version = true;
      return {};
    default:
      return fmt::format("unknown option \"-{}\" (--help lists all)", letter);
  }
}

}  // namespace

tl::expected<options, std::string> parse_options(const std::vector<std::string>& arguments) {
  options o;
  std::vector<std::string> places;
  std::string wrong;
  for (std::size_t i = 0; i < arguments.size() && wrong.empty(); ++i) {
    const std::string_view a = arguments[i];
    if (a == "--help") {
      o.help = true;
    } else if (a == "--version") {
      o.version = true;
    } else if (a.starts_with("--")) {
      wrong = apply(a.substr(2), o);
    } else if (a.starts_with("-o")) {
      if (a.size() > 2) {
        wrong = apply_list(a.substr(2), o);
      } else if (++i < arguments.size()) {
        wrong = apply_list(arguments[i], o);
      } else {
        wrong = "-o needs options after it";
      }
    } else if (a.size() > 1 && a.front() == '-') {
      for (const char letter : a.substr(1)) {
        if (wrong.empty()) wrong = apply_letter(letter, o);
      }
    } else {
      places.emplace_back(a);
    }
  }
  if (!wrong.empty()) return tl::unexpected(wrong);
  if (o.help || o.version) return o;
  if (places.empty()) return tl::unexpected(std::string("no mount point given (try: mailslotfs /mailslot)"));
  if (places.size() > 2) return tl::unexpected(fmt::format("too many arguments: \"{}\"", places[2]));
  o.mount.mountpoint = places.back();
  if (places.size() == 2) o.mount.source = places.front();
  if (!o.first_of_network.empty() && o.network.kind == "off") {
    return tl::unexpected(fmt::format("option \"{}\" needs net=netbios", o.first_of_network));
  }
  if (!o.root_mode_given) o.names.root.mode = o.mount.allow_other ? 0777 : 0755;
  return o;
}

std::string help_text() {
  std::string text =
      "usage: mailslotfs [SOURCE] MOUNTPOINT [-o OPTION,...] [-f] [-d] [-s]\n"
      "Shows mailslots as files: a write posts a message, a read takes the next.\n\n"
      "  -f  stay in the foreground\n"
      "  -d  print every request (and stay in the foreground)\n"
      "  -s  serve with one thread\n"
      "  -h, --help     this text\n"
      "  -V, --version  the version\n\n"
      "options, as -o KEY=VALUE,... or --KEY=VALUE:\n";
  for (const row& r : rows) {
    const auto name = r.value.empty() ? std::string(r.key) : fmt::format("{}={}", r.key, r.value);
    fmt::format_to(std::back_inserter(text), "  {:<24} {}\n", name, r.help);
  }
  return text;
}

}  // namespace mailslot

// The rules of the command line, and of what counts when the file and the command line differ.
#include "fs/options.h"

#include "fs/config_file.h"
#include "fs/option_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace mailslot {
namespace {

// What mount(8) and fstab add, which the kernel or systemd deals with.
constexpr std::string_view ignored =
    " rw defaults auto noauto user nouser users owner group nofail _netdev dev nodev suid "
    "nosuid exec async atime noatime relatime norelatime strictatime nostrictatime "
    "diratime nodiratime lazytime nolazytime sync dirsync silent loud mand nomand iversion noiversion "
    "symfollow default_permissions ";

// What was said, before it is applied.
struct command_line {
  options letters;
  std::vector<given_option> given;
  std::string config;  // a file, or ""
  std::vector<std::string> places;
};

std::string unknown(std::string_view key) {
  const auto near = nearest_option(key);
  return near.empty() ? "is unknown (--help lists all)"
                      : fmt::format("is unknown: did you mean \"{}\"? (--help lists all)", near);
}

std::string take(std::string_view text, command_line& into) {
  const auto equals = text.find('=');
  given_option option{std::string(text.substr(0, equals)), std::nullopt};
  if (equals != std::string_view::npos) option.value = text.substr(equals + 1);
  if (option.key == "config") {
    if (option.value.value_or("").empty()) return complaint_about(option, "needs a file");
    into.config = *option.value;
    return {};
  }
  if (text == "remount") return "a mount cannot be changed while it is there: unmount it, and mount again";
  if (find_option(option.key)) {
    into.given.push_back(std::move(option));
    return {};
  }
  const bool of_mount = ignored.find(fmt::format(" {} ", text)) != std::string_view::npos ||
                        text.starts_with("x-") || text.starts_with("X-") || option.key == "comment" ||
                        option.key == "user";
  return of_mount ? std::string() : complaint_about(option, unknown(option.key));
}

std::string take_list(std::string_view list, command_line& into) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    if (end != 0) {
      if (auto wrong = take(list.substr(0, end), into); !wrong.empty()) return wrong;
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return {};
}

std::string take_letter(char letter, command_line& into) {
  options& o = into.letters;
  switch (letter) {
    case 'f':
      o.foreground = true;
      return {};
    case 'd':
      o.foreground = true;
      return take("log_level=debug", into);
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

std::string take_all(const std::vector<std::string>& arguments, command_line& into) {
  std::string wrong;
  for (std::size_t i = 0; i < arguments.size() && wrong.empty(); ++i) {
    const std::string_view a = arguments[i];
    if (a == "--help") {
      into.letters.help = true;
    } else if (a == "--version") {
      into.letters.version = true;
    } else if (a.starts_with("--")) {
      wrong = take(a.substr(2), into);
    } else if (a.starts_with("-o")) {
      if (a.size() > 2) {
        wrong = take_list(a.substr(2), into);
      } else if (++i < arguments.size()) {
        wrong = take_list(arguments[i], into);
      } else {
        wrong = "-o needs options after it";
      }
    } else if (a.size() > 1 && a.front() == '-') {
      for (const char letter : a.substr(1)) {
        if (wrong.empty()) wrong = take_letter(letter, into);
      }
    } else {
      into.places.emplace_back(a);
    }
  }
  return wrong;
}

// What the file says goes first, but for keys that the command line has, too: those are only looked at.
std::optional<std::string> apply_all(const command_line& said, options& o) {
  if (!said.config.empty()) {
    const auto in_file = read_config(said.config);
    if (!in_file) return in_file.error();
    std::set<std::string_view> seen;
    options scratch;
    for (const auto& option : *in_file) {
      const option_row* row = find_option(option.key);
      if (!row) {
        const bool nested = option.key == "config";
        return complaint_about(option, nested ? "is for the command line" : unknown(option.key));
      }
      if (!seen.insert(option.key).second && row->type != option_type::several)
        return complaint_about(option, "takes one value");
      const bool outdone = std::ranges::find(said.given, option.key, &given_option::key) != said.given.end();
      if (auto wrong = apply_option(option, outdone ? scratch : o)) return wrong;
    }
  }
  for (const auto& option : said.given) {
    if (auto wrong = apply_option(option, o)) return wrong;
  }
  return std::nullopt;
}

}  // namespace

tl::expected<options, std::string> parse_options(const std::vector<std::string>& arguments) {
  command_line said;
  if (auto wrong = take_all(arguments, said); !wrong.empty()) return tl::unexpected(std::move(wrong));
  options o = said.letters;
  if (o.help || o.version) return o;
  if (auto wrong = apply_all(said, o)) return tl::unexpected(std::move(*wrong));
  const auto& places = said.places;
  if (places.empty()) return tl::unexpected(std::string("no mount point given (try: mailslotfs /mailslot)"));
  if (places.size() > 2) return tl::unexpected(fmt::format("too many arguments: \"{}\"", places[2]));
  o.mount.mountpoint = places.back();
  if (places.size() == 2) o.mount.source = places.front();
  if (o.first_of_network && o.network.kind == "off") {
    return tl::unexpected(complaint_about(*o.first_of_network, "needs net=netbios"));
  }
  if (!o.root_mode_given) o.names.root.mode = o.mount.allow_other ? 0777 : 0755;
  return o;
}

std::string help_text() {
  std::string text =
      "usage: mailslotfs [SOURCE] MOUNTPOINT [-o OPTION,...] [-f] [-d] [-s]\n"
      "Shows mailslots as files: a write posts a message, a read takes the next.\n\n"
      "  -f  stay in the foreground\n"
      "  -d  log every request (log_level=debug) and stay in the foreground\n"
      "  -s  serve with one thread\n"
      "  -h, --help     this text\n"
      "  -V, --version  the version\n\n"
      "options, as -o KEY=VALUE,... or --KEY=VALUE (see mailslotfs(8)):\n";
  const auto add = [&](std::string_view name, std::string_view help) {
    fmt::format_to(std::back_inserter(text), "  {:<24} {}\n", name, help);
  };
  add("config=FILE", "read options from FILE, as in mailslotfs.toml(5); those given here count more");
  for (const option_row& r : option_rows()) {
    const auto name = r.value.empty() ? std::string(r.key) : fmt::format("{}={}", r.key, r.value);
    add(name, fmt::format("{}{}", r.help, r.type == option_type::several ? "; may be repeated" : ""));
  }
  return text;
}

std::string config_text(const options& o) {
  std::string text;
  for (const option_row& r : option_rows()) {
    if (r.of_network && o.network.kind == "off") continue;
    auto values = r.show(o);
    if (values.empty()) continue;
    for (auto& value : values) {
      const bool number = value.find_first_not_of("0123456789") == std::string::npos && r.value != "MODE";
      value = r.type == option_type::flag ? (value == "yes" ? "true" : "false")
              : number                    ? value
                                          : toml_quoted(value);
    }
    const auto all = fmt::format("{}", fmt::join(values, ", "));
    text += r.type == option_type::several ? fmt::format("{} = [{}]\n", r.key, all)
                                           : fmt::format("{} = {}\n", r.key, all);
  }
  return text;
}

std::optional<log::level> read_log_level(std::string_view line) {
  std::string plain(line);
  std::erase_if(plain, [](char c) { return c == ' ' || c == '\t' || c == '"' || c == '\n'; });
  constexpr std::string_view key = "log_level=";
  if (!plain.starts_with(key)) return std::nullopt;
  return log::parse_level(std::string_view(plain).substr(key.size()));
}

}  // namespace mailslot

// Subcommands and options, with their help.
#include "fs/cli/arguments.h"

#include "fs/cli/attributes.h"
#include "fs/cli/commands.h"
#include "fs/cli/completion.h"
#include "fs/cli/failure.h"
#include "fs/cli/names.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <memory>

namespace mailslot::cli {
namespace {

constexpr auto names_help =
    "A NAME is a path (/mailslot/inbox, ./inbox), a Windows name ('\\\\.\\mailslot\\inbox',\n"
    "'\\\\HOST\\mailslot\\inbox', '\\\\*\\mailslot\\inbox'), or a name below MAILSLOT_ROOT (/mailslot).";
constexpr auto status_help =
    "Exit status: 0 done, 1 not done (recv: nothing came in time), 2 wrong usage, 3 recv failed.";

struct cut_flags {
  bool json = false;
  bool null = false;
  bool lines = false;

  separation chosen() const {
    if (json) return separation::json;
    if (null) return separation::null;
    return lines ? separation::lines : separation::none;
  }
};

void add_cuts(CLI::App& to, cut_flags& cuts, const char* lines, const char* null, const char* json) {
  auto* a = to.add_flag("--lines", cuts.lines, lines);
  auto* b = to.add_flag("-0,--null", cuts.null, null);
  auto* c = to.add_flag("--json", cuts.json, json);
  a->excludes(b)->excludes(c);
  b->excludes(c);
}

std::string check_mode(const std::string& text) {
  unsigned mode = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool good = failed == std::errc{} && end == text.data() + text.size() && mode <= 0777;
  return good ? "" : "\"" + text + "\" is no mode: it looks like 0622";
}

std::string check_count(const std::string& text) {
  std::uint64_t n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  const bool good = failed == std::errc{} && end == text.data() + text.size() && n > 0 && n < UINT64_MAX;
  return good ? "" : "\"" + text + "\" is no number of messages: they begin at 1";
}

std::string check_seconds(const std::string& text) {
  double n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  const bool good = failed == std::errc{} && end == text.data() + text.size() && n >= 0 && n <= 1e9;
  return good ? "" : "\"" + text + "\" is no number of seconds: it looks like 5 or 0.25";
}

// As check_seconds, between two looks or for a measurement.
CLI::Validator seconds_from(double least) {
  return {[least](const std::string& text) {
            double n = 0;
            const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
            const bool good =
                failed == std::errc{} && end == text.data() + text.size() && n >= least && n <= 3600;
            return good ? "" : fmt::format("\"{}\" is no number of seconds from {} to 3600", text, least);
          },
          ""};
}

std::string check_column(const std::string& text) {
  const bool known = std::ranges::any_of(top_columns, [&](const auto& each) { return each.first == text; });
  return known ? "" : "\"" + text + "\" is no column: name, count, bytes, in, out or waiting";
}

std::string check_words(const std::string& text) {
  const auto right = check_view(text);
  return right ? "" : right.error().sentence;
}

// CLI11 reads "[a,b]" as a list of two, and options even behind "--" when it has positionals enough. A byte
// that no name has keeps it from both.
constexpr char shield = '\1';

std::vector<std::string> shielded(const std::vector<std::string>& all) {
  std::vector<std::string> out;
  bool options = true;
  for (const auto& one : all) {
    if (options && one == "--") {
      options = false;
    } else if ((one.starts_with('[') && one.ends_with(']')) || (!options && one.starts_with('-'))) {
      out.push_back(shield + one);
    } else {
      out.push_back(one);
    }
  }
  return out;
}

std::string unshielded(const std::string& text) {
  return text.starts_with(shield) ? text.substr(1) : text;
}

// What remains of the arguments of `send` after its options and NAME is taken as it is: text is no syntax.
struct split_arguments {
  std::vector<std::string> syntax;
  std::vector<std::string> text;
  bool has_text = false;
};

split_arguments split_text(const std::vector<std::string>& all) {
  split_arguments split;
  if (all.empty() || all.front() != "send") {
    split.syntax = all;
    return split;
  }
  bool named = false;
  auto at = all.begin();
  split.syntax.push_back(*at++);
  bool options = true;
  for (; at != all.end(); ++at) {
    if (options && *at == "--") {
      options = false;
      if (!named) split.syntax.push_back(*at);
      continue;
    }
    if (options && at->size() > 1 && at->front() == '-') {
      split.syntax.push_back(*at);
      continue;
    }
    if (named) break;
    named = true;
    split.syntax.push_back(*at);
  }
  split.text.assign(at, all.end());
  split.has_text = at != all.end();
  return split;
}

// Help without the words that CLI11 adds for what excludes what: the refusal says it when it matters.
class help_format final : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const auto type = option->get_type_name();
    return type.empty() || option->get_positional() ? "" : " " + type;
  }
};

class program {
 public:
  program(const surroundings& around, split_arguments arguments)
      : around_(around), arguments_(std::move(arguments)) {
    app_.name("mailslot");
    app_.formatter(std::make_shared<help_format>());
    app_.require_subcommand(0, 1);
    app_.set_version_flag("-V,--version", "mailslot " MAILSLOT_VERSION);
    app_.footer(fmt::format("{}\n{}", names_help, status_help));
    add_create();
    add_rm();
    add_ls();
    add_info();
    add_set();
    add_send();
    add_recv();
    add_peek();
    add_purge();
    add_path();
    add_hosts();
    add_top();
    add_bench();
    add_doctor();
    add_complete();
  }

  // What may stand in the place of the last word; the words before it are given as they are.
  int complete(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& each : complete_words(around_, app_, words)) text += each + "\n";
    return print(around_, text);
  }

  int run() {
    // CLI11 takes arguments from the back.
    auto reversed = shielded(arguments_.syntax);
    std::ranges::reverse(reversed);
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
      const auto& app = chosen_app();
      return print(around_, app.help(app.get_parent() ? "mailslot" : ""));
    } catch (const CLI::CallForVersion&) {
      return print(around_, "mailslot " MAILSLOT_VERSION "\n");
    } catch (const CLI::ParseError& error) {
      const auto& app = chosen_app();
      const auto word = arguments_.syntax.empty() ? std::string("-") : arguments_.syntax.front();
      if (!app.get_parent() && !word.starts_with('-')) {
        return complain(around_, {fmt::format("there is no command \"{}\" (mailslot --help)", word)},
                        wrong_usage);
      }
      const auto with = app.get_parent() ? "mailslot " + app.get_name() : std::string("mailslot");
      return complain(around_, {fmt::format("{} ({} --help)", error.what(), with)}, wrong_usage);
    }
    if (!command_) return complain(around_, {"what to do is missing (mailslot --help)"}, wrong_usage);
    return command_();
  }

 private:
  const CLI::App& chosen_app() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? app_ : *chosen.front();
  }

  // A subcommand that runs `what`.
  CLI::App& add(const char* name, const char* help, std::function<int()> what) {
    auto& sub = *app_.add_subcommand(name, help);
    sub.callback([this, what = std::move(what)] { command_ = what; });
    return sub;
  }

  static CLI::Option* add_list(CLI::App& to, const char* name, std::vector<std::string>& into,
                               const char* help) {
    return to.add_option(name, into, help)->transform(unshielded);
  }
  static CLI::Option* add_name(CLI::App& to, std::string& into, const char* help) {
    return to.add_option("NAME", into, help)->required()->transform(unshielded);
  }

  void add_create() {
    auto& sub = add("create", "Make a slot", [this] {
      if (!mode_.empty()) create_.mode = static_cast<unsigned>(std::stoul(mode_, nullptr, 8));
      return create(around_, create_);
    });
    add_name(sub, create_.name, "The slot to make");
    add_list(sub, "ATTRIBUTE", create_.attributes, "KEY=VALUE, as for set");
    sub.add_option("-m,--mode", mode_, "Permissions (0622: its owner reads, everybody writes)")
        ->type_name("MODE")
        ->check(check_mode);
    sub.add_flag("-p,--parents", create_.parents, "Make the directories above it, too");
    sub.add_flag("--existing-ok", create_.existing_ok, "If it is there already, just set the attributes");
    sub.footer(fmt::format("{}\n{}", attributes_help(), names_help));
  }

  void add_rm() {
    auto& sub = add("rm", "Remove slots", [this] { return rm(around_, rm_); });
    add_list(sub, "NAME", rm_.names, "What to remove")->required();
    sub.add_flag("-r,--recursive", rm_.recursive, "Directories, too, with everything in them");
    sub.add_flag("-f,--force", rm_.missing_ok, "What is not there needs no removing");
    sub.footer(names_help);
  }

  void add_ls() {
    auto& sub = add("ls", "List slots with what waits in them", [this] { return ls(around_, ls_); });
    add_list(sub, "NAME", ls_.names, "Directories and slots (all of MAILSLOT_ROOT)");
    sub.add_flag("-r,--recursive", ls_.recursive, "What is in directories, too");
    sub.add_flag("--plain", ls_.plain, "Tabs, bytes and seconds, no head line; as when no terminal looks on");
    sub.footer(fmt::format(
        "Columns: messages that wait, bytes in them, handles that can read, age of the oldest, name.\n{}",
        names_help));
  }

  void add_info() {
    auto& sub = add("info", "Show the attributes of a slot", [this] { return info(around_, info_); });
    add_name(sub, info_.name, "The slot");
    add_list(sub, "KEY", info_.keys, "Only the values of these");
    sub.add_flag("--json", info_.json, "One JSON object");
    sub.footer(names_help);
  }

  void add_set() {
    auto& sub = add("set", "Change attributes of a slot", [this] { return set(around_, set_); });
    add_name(sub, set_.name, "The slot");
    add_list(sub, "ATTRIBUTE", set_.attributes, "KEY=VALUE")->required();
    sub.footer(fmt::format("{}\n{}", attributes_help(), names_help));
  }

  void add_send() {
    auto& sub = add("send", "Post a message", [this] {
      send_.cut = send_cuts_.chosen();
      if (arguments_.has_text) send_.text = arguments_.text;
      if (const auto wrong = wrong_send(); !wrong.empty()) {
        return complain(around_, {wrong + " (mailslot send --help)"}, wrong_usage);
      }
      return send(around_, send_);
    });
    add_name(sub, send_.name, "The slot");
    sub.add_option("TEXT", shown_only_, "The message, as echo writes it; without any: the whole input");
    sub.add_flag("-n,--no-newline", send_.no_newline, "No newline after TEXT");
    sub.add_flag("--empty", send_.empty, "A message of 0 bytes");
    add_cuts(sub, send_cuts_, "Each line of the input is a message; each TEXT is",
             "Each part of the input up to a NUL is a message",
             "Each line of the input is an object with \"text\" or \"base64\"");
    sub.footer(
        fmt::format("Options come before TEXT. A message is posted whole, or not at all.\n{}", names_help));
  }

  std::string wrong_send() const {
    const bool text = send_.text.has_value();
    if (send_.empty && (text || send_.cut != separation::none || send_.no_newline)) {
      return "--empty has no TEXT and no other option";
    }
    if (send_.no_newline && !text) return "-n goes with TEXT; the input is sent as it is";
    if (send_.no_newline && send_.cut != separation::none) return "-n and --lines exclude each other";
    if (text && (send_.cut == separation::null || send_.cut == separation::json)) {
      return "--null and --json are about the input, so there is no TEXT";
    }
    return {};
  }

  void add_recv() {
    auto& sub = add("recv", "Take a message, or wait for one", [this] {
      recv_.cut = recv_cuts_.chosen();
      if (!recv_.command.empty() && recv_.cut != separation::none) {
        return complain(around_, {"--exec gives COMMAND each message as it is (mailslot recv --help)"},
                        wrong_usage);
      }
      if (recv_count_ > 0) recv_.count = recv_count_;
      if (recv_wait_ >= 0) recv_.wait_seconds = recv_wait_;
      return recv(around_, recv_);
    });
    add_name(sub, recv_.name, "The slot");
    auto* count = sub.add_option("-n,--count", recv_count_, "Take N messages (1)")->type_name("N");
    count->check(check_count);
    sub.add_flag("-f,--follow", recv_.follow, "Go on until stopped")->excludes(count);
    sub.add_option("-W,--wait", recv_wait_, "Wait no longer than this for each message (for ever)")
        ->type_name("SECONDS")
        ->check(check_seconds);
    add_cuts(sub, recv_cuts_, "A newline after each message that does not end with one",
             "A NUL after each message", "Each message as a line of JSON with its sender and time");
    sub.add_option("--exec", recv_.command, "Run this by sh -c with each message on its input")
        ->type_name("COMMAND")
        ->check([](const std::string& command) { return command.empty() ? "COMMAND is empty" : ""; });
    sub.footer(fmt::format(
        "Exit status 1: nothing came in time (-W). An interrupted recv has lost nothing. A message whose "
        "COMMAND\n"
        "fails is given back, and recv ends.\n{}",
        names_help));
  }

  void add_peek() {
    auto& sub = add("peek", "Show what waits, and leave it there", [this] {
      peek_.cut = peek_cuts_.chosen();
      if (peek_count_ > 0) peek_.count = peek_count_;
      return peek(around_, peek_);
    });
    add_name(sub, peek_.name, "The slot");
    sub.add_option("-n,--count", peek_count_, "Only the N oldest messages")
        ->type_name("N")
        ->check(check_count);
    add_cuts(sub, peek_cuts_, "A newline after each message that does not end with one",
             "A NUL after each message", "Each message as a line of JSON with its sender and time");
    sub.footer(names_help);
  }

  void add_purge() {
    auto& sub = add("purge", "Drop what waits", [this] { return purge(around_, purge_); });
    add_list(sub, "NAME", purge_.names, "The slots to empty")->required();
    sub.footer(names_help);
  }

  void add_path() {
    auto& sub = add("path", "Print the file that stands for a slot", [this] { return path(around_, path_); });
    add_list(sub, "NAME", path_.names, "Slots by any name")->required();
    auto* view = sub.add_option("--as", path_.view, "Through a view, as in json+tail")->type_name("WORDS");
    view->check(check_words);
    sub.footer(names_help);
    sub.add_flag("--info", path_.info, "The file of its attributes")->excludes(view);
  }

  void add_hosts() {
    auto& sub = add("hosts", "List the computers that the network has shown",
                    [this] { return hosts(around_, hosts_); });
    sub.add_flag("--plain", hosts_.plain, "Tabs and seconds, no head line; as when no terminal looks on");
  }

  void add_top() {
    auto& sub = add("top", "Watch the slots: rates, backlog, age, readers", [this] {
      for (const auto& [column, order] : top_columns) {
        if (column == top_sort_) top_.order = order;
      }
      return top(around_, top_);
    });
    sub.add_option("-s,--seconds", top_.seconds, "Time between two looks (2)")
        ->type_name("SECONDS")
        ->check(seconds_from(0.1));
    sub.add_option("-n,--count", top_.times, "End after so many looks")->type_name("N")->check(check_count);
    sub.add_option("--sort", top_sort_, "name, count, bytes, in, out or waiting (in)")
        ->type_name("COLUMN")
        ->check(check_column);
    sub.add_flag("--plain", top_.plain, "One table with tabs; as when no terminal looks on");
    sub.footer(
        "Columns: messages in and out a second, messages and bytes that wait, handles that can read, reads "
        "that\n"
        "wait, age of the oldest message, name. Keys: n c b i o w sort, q ends.");
  }

  void add_bench() {
    auto& sub = add("bench", "Measure this mount beside a pipe and a socket",
                    [this] { return bench(around_, bench_); });
    sub.add_option("-s,--seconds", bench_.seconds, "For each measurement (1)")
        ->type_name("SECONDS")
        ->check(seconds_from(0.01));
    sub.footer(
        "Columns: bytes of a message, microseconds to write and to read it, messages a second, how many "
        "times\n"
        "longer a mailslot takes, queue.");
  }

  void add_doctor() {
    add("doctor", "Say what stands between you and a mount", [this] { return doctor(around_); });
  }

  void add_complete() {
    auto& sub = add("complete", "For shells: what may stand in the place of the last of WORDS",
                    [] { return static_cast<int>(success); });
    sub.group("");
  }

  static std::string attributes_help() {
    std::string text = "Attributes:\n";
    for (const auto key : settable_keys()) text += fmt::format("  {}={}\n", key, takes(key));
    text.pop_back();
    return text;
  }

  const surroundings& around_;
  const split_arguments arguments_;
  CLI::App app_{"Mailslots from the shell: messages whole or not at all, to whoever reads next."};
  std::function<int()> command_;

  create_options create_;
  std::string mode_;
  rm_options rm_;
  ls_options ls_;
  info_options info_;
  set_options set_;
  send_options send_;
  cut_flags send_cuts_;
  std::vector<std::string> shown_only_;  // TEXT is cut off before parsing; this is for help
  recv_options recv_;
  cut_flags recv_cuts_;
  std::uint64_t recv_count_ = 0;
  double recv_wait_ = -1;
  peek_options peek_;
  cut_flags peek_cuts_;
  std::uint64_t peek_count_ = 0;
  purge_options purge_;
  path_options path_;
  hosts_options hosts_;
  top_options top_;
  std::string top_sort_;
  bench_options bench_;
};

}  // namespace

int run(const std::vector<std::string>& arguments, const surroundings& around) {
  if (!arguments.empty() && arguments.front() == "complete") {
    return program(around, {}).complete({arguments.begin() + 1, arguments.end()});
  }
  return program(around, split_text(arguments)).run();
}

}  // namespace mailslot::cli

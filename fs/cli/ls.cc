// mailslot ls: slots with what waits in them. In columns for people; with tabs, exact figures and no head
// line for programs.
#include "fs/cli/attributes.h"
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"
#include "fs/cli/table.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>

namespace mailslot::cli {
namespace {

class lister {
 public:
  lister(const surroundings& around, const ls_options& options)
      : around_(around), options_(options), plain_(options.plain || !around.out_is_terminal) {}

  int run() {
    auto names = options_.names;
    if (names.empty()) names.push_back(around_.root);
    for (const auto& name : names) add(name);
    const table_row head = {"COUNT", "BYTES", "READERS", "OLDEST", "NAME"};
    std::string text;
    if (plain_) {
      text = tabbed(rows_);
    } else if (!rows_.empty()) {
      text = aligned(head, rows_);
    }
    const int printed = print(around_, text);
    return printed == success ? status_ : printed;
  }

 private:
  void add(const std::string& name) {
    const auto at = resolve_mounted(around_, name);
    if (!at) return give_up(at.error());
    struct stat st{};
    if (at->is_remote()) {
      return give_up({fmt::format("\"{}\" is on another computer, which does not tell its slots", at->said)});
    }
    if (stat(at->file().c_str(), &st) != 0) return give_up(explain(*at, "look at", errno));
    if (S_ISDIR(st.st_mode)) {
      add_directory(*at, at->path.empty() || options_.names.size() < 2 ? "" : at->path + "/");
    } else {
      add_slot(*at, at->path);
    }
  }

  // `shown` comes before the names of what is in it.
  void add_directory(const target& at, const std::string& shown) {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator i(at.file(), error), end; !error && i != end;
         i.increment(error)) {
      names.push_back(i->path().filename().string());
    }
    if (error) return give_up(explain(at, "list", error.value()));
    std::ranges::sort(names);
    for (const auto& name : names) {
      target inside = at;
      inside.path = at.path.empty() ? name : at.path + "/" + name;
      inside.said = inside.path;
      struct stat st{};
      if (stat(inside.file().c_str(), &st) == 0 && S_ISDIR(st.st_mode)) {
        rows_.push_back({"-", "-", "-", "-", printable(shown + name + "/")});
        struct stat itself{};
        const bool real = lstat(inside.file().c_str(), &itself) == 0 && S_ISDIR(itself.st_mode);
        if (options_.recursive && real) add_directory(inside, shown + name + "/");
      } else {
        add_slot(inside, shown + name);
      }
    }
  }

  void add_slot(const target& slot, const std::string& shown) {
    const auto read = read_attributes(slot);
    if (!read) {
      // It went while we were looking.
      if (read.error().code == ENOENT && options_.names.empty()) return;
      rows_.push_back({"?", "?", "?", "?", printable(shown)});
      return give_up(read.error());
    }
    const auto bytes = number_of(*read, "bytes");
    const auto oldest = parse_date(value_of(*read, "oldest").value_or(""));
    std::string age = "-";
    if (oldest) {
      const auto seconds = std::max<std::int64_t>(now() - *oldest, 0);
      age = plain_ ? fmt::to_string(seconds) : short_age(seconds);
    }
    rows_.push_back({value_of(*read, "count").value_or("?"),
                     plain_ ? fmt::to_string(bytes) : short_size(static_cast<std::uint64_t>(bytes)),
                     value_of(*read, "readers").value_or("?"), age, printable(shown)});
  }

  static std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  void give_up(const failure& why) { status_ = complain(around_, why); }

  const surroundings& around_;
  const ls_options& options_;
  const bool plain_;
  std::vector<table_row> rows_;
  int status_ = success;
};

}  // namespace

int ls(const surroundings& around, const ls_options& options) {
  return lister(around, options).run();
}

}  // namespace mailslot::cli

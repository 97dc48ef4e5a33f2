// mailslot send: one message from the arguments or the input, or many from an input that is cut.
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"
#include "fs/cli/progress.h"
#include "fs/mailslot.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace mailslot::cli {
namespace {

class sender {
 public:
  sender(const surroundings& around, const send_options& options, target to)
      : around_(around),
        options_(options),
        to_(std::move(to)),
        progress_(around, "sent", around.in_is_terminal) {}

  result<void> run() {
    // lines and json are views: the daemon cuts what is written to them, thousands of messages in one write.
    std::string file = to_.file();
    if (options_.cut == separation::lines && !options_.text) file = to_.view("lines");
    if (options_.cut == separation::json) file = to_.view("json");
    auto opened = open_file(to_, file, O_WRONLY);
    if (!opened) return tl::unexpected(opened.error());
    handle_ = std::move(*opened);
    auto done = options_.empty ? post_empty() : options_.text ? post_text() : post_input();
    if (!done) return done;
    if (const int code = handle_.reset()) return tl::unexpected(explain(to_, "write to", code));
    return {};
  }

 private:
  result<void> post_empty() {
    if (ioctl(handle_.get(), MAILSLOT_IOC_POST_EMPTY) == 0) return {};
    return tl::unexpected(explain(to_, "write to", errno));
  }

  // As echo: the words with a space between them, and a newline at the end.
  result<void> post_text() {
    if (options_.cut == separation::lines) {
      for (const auto& line : *options_.text) {
        if (auto done = post(line + "\n"); !done) return done;
      }
      return {};
    }
    std::string message = fmt::format("{}", fmt::join(*options_.text, " "));
    if (!options_.no_newline) message += '\n';
    return post(message);
  }

  result<void> post_input() {
    if (around_.in_is_terminal) {
      (void)write_all(around_.err, "mailslot: type the message, then Ctrl-D at the beginning of a line\n");
    }
    switch (options_.cut) {
      case separation::none:
        return post_whole_input();
      case separation::null:
        return post_null_separated();
      case separation::lines:
      case separation::json:
        break;
    }
    return copy_input();
  }

  result<void> post_whole_input() {
    std::string message;
    for (;;) {
      const auto more = read_input(message, MAILSLOT_LARGEST_MESSAGE + 1 - message.size());
      if (!more) return tl::unexpected(more.error());
      if (*more == 0) break;
      if (message.size() > MAILSLOT_LARGEST_MESSAGE) {
        return fail_with(EMSGSIZE,
                         "the input is longer than {} bytes, the longest message: --lines sends each line as "
                         "a message",
                         MAILSLOT_LARGEST_MESSAGE);
      }
    }
    return post(message);
  }

  result<void> post_null_separated() {
    std::string held;
    for (bool more = true; more;) {
      const std::size_t seen = held.size();
      const auto n = read_input(held, 1U << 17U);
      if (!n) return tl::unexpected(n.error());
      more = *n > 0;
      std::size_t begin = 0;
      for (auto end = held.find('\0', seen); end != std::string::npos; end = held.find('\0', begin)) {
        if (auto done = post(std::string_view(held).substr(begin, end - begin)); !done) return done;
        begin = end + 1;
      }
      held.erase(0, begin);
      if (held.size() > MAILSLOT_LARGEST_MESSAGE) return tl::unexpected(explain(to_, "write to", EMSGSIZE));
    }
    return held.empty() ? result<void>() : post(held);
  }

  // The view keeps what is no whole line yet, so pieces may end anywhere.
  result<void> copy_input() {
    std::string piece;
    for (;;) {
      piece.clear();
      const auto n = read_input(piece, 1U << 17U);
      if (!n) return tl::unexpected(n.error());
      if (*n == 0) return {};
      if (auto done = put(piece); !done) return done;
    }
  }

  // Appends what comes next, `most` bytes at most; 0 at the end.
  result<std::size_t> read_input(std::string& to, std::size_t most) {
    const std::size_t before = to.size();
    to.resize(before + most);
    ssize_t n = 0;
    do n = read(around_.in, to.data() + before, most);
    while (n < 0 && errno == EINTR);
    to.resize(before + static_cast<std::size_t>(n > 0 ? n : 0));
    if (n < 0) return fail_with(errno, "the input cannot be read: {}", reason(errno));
    return static_cast<std::size_t>(n);
  }

  result<void> post(std::string_view message) {
    if (!message.empty()) {
      if (message.size() > MAILSLOT_LARGEST_MESSAGE)
        return tl::unexpected(explain(to_, "write to", EMSGSIZE));
      const ssize_t n = write(handle_.get(), message.data(), message.size());
      if (n < 0) return tl::unexpected(explain(to_, "write to", errno));
      progress_.add(1, message.size());
      if (static_cast<std::size_t>(n) != message.size())
        return tl::unexpected(explain(to_, "write to", EMSGSIZE));
      return {};
    }
    if (options_.cut == separation::null) return post_empty();
    return fail("there is nothing to send to \"{}\": the message is empty (--empty posts an empty one)",
                to_.said);
  }

  // A view may take a part of what is written; then the rest follows, or what stopped it is said.
  result<void> put(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = write(handle_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EINVAL && options_.cut == separation::json) {
        return fail_with(
            EINVAL, "the input is not what --json takes: a line is an object with \"text\" or \"base64\"");
      }
      if (n < 0) return tl::unexpected(explain(to_, "write to", errno));
      progress_.add(0, static_cast<std::size_t>(n));
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  const surroundings& around_;
  const send_options& options_;
  const target to_;
  descriptor handle_;
  progress progress_;
};

}  // namespace

int send(const surroundings& around, const send_options& options) {
  auto to = resolve_mounted(around, options.name);
  if (!to) return complain(around, to.error());
  const auto done = sender(around, options, std::move(*to)).run();
  return done ? success : complain(around, done.error());
}

}  // namespace mailslot::cli

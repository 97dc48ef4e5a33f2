// mailslot recv: messages that come, taken one by one.
//
// Nothing is lost on the way. A message is taken only when the output has room for it, or else its last byte
// is left in the slot until the rest is written: a message whose last byte was not read goes back when the
// handle closes, whatever the reason. Signals are let in only while nothing is in hand.
//
// Messages come in frames, where an empty one is something, too.
#include "fs/cli/child.h"
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/held_message.h"
#include "fs/cli/names.h"
#include "fs/cli/output.h"
#include "fs/cli/progress.h"
#include "fs/cli/signals.h"
#include "fs/mailslot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <cmath>

namespace mailslot::cli {
namespace {

using steady = std::chrono::steady_clock;

timespec until(steady::time_point deadline) {
  const auto left = std::max(deadline - steady::now(), steady::duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()),
          static_cast<long>(std::chrono::nanoseconds(left - seconds).count())};
}

class receiver {
 public:
  receiver(const surroundings& around, const recv_options& options, target from)
      : around_(around),
        options_(options),
        from_(std::move(from)),
        buffer_(frame_header + MAILSLOT_LARGEST_MESSAGE, '\0'),
        progress_(around, "received", around.out_is_terminal || !options.command.empty()) {
    struct stat st{};
    // Room for PIPE_BUF bytes is what poll(2) promises of a pipe; a file has room or fails.
    ample_ = fstat(around_.out, &st) == 0 && S_ISREG(st.st_mode);
  }

  int run() {
    const bool json = options_.cut == separation::json || runs();
    auto opened = open_file(from_, from_.view(json ? "json" : "frames"), O_RDONLY | O_NONBLOCK);
    if (!opened) return complain(around_, opened.error(), recv_failed);
    handle_ = std::move(*opened);
    std::uint64_t left = options_.count.value_or(options_.follow ? UINT64_MAX : 1);
    bool any = false;
    while (left > 0) {
      if (const int ended = await(left)) {
        return ended == nothing_came && any && !options_.count ? static_cast<int>(success) : ended;
      }
      any = true;
      const auto done = runs() ? run_with_message(left) : json ? pass_lines(left) : pass_frames(left);
      if (!done) return give_up(done.error());
    }
    return success;
  }

 private:
  // Waits until messages are in `buffer_`, `left` at most, or the beginning of one. 0, or the exit status.
  int await(std::uint64_t left) {
    const auto deadline =
        steady::now() + std::chrono::duration_cast<steady::duration>(
                            std::chrono::duration<double>(options_.wait_seconds.value_or(0)));
    for (;;) {
      if (!output_has_room()) {
        gate_.broken_pipe();
        return give_up({"nobody reads the output any more"});
      }
      const ssize_t n = read(handle_.get(), buffer_.data(), first_room(left));
      if (n > 0) {
        have_ = static_cast<std::size_t>(n);
        return 0;
      }
      if (n == 0) {
        return give_up({fmt::format("\"{}\" was removed while it was read", from_.said)});
      }
      if (errno != EAGAIN && errno != EINTR) {
        return give_up(explain(from_, "read", errno));
      }
      if (options_.wait_seconds && steady::now() >= deadline) return nothing_came;
      // Whoever read our output may go away: seen above, before the next message is taken.
      pollfd both[] = {{handle_.get(), POLLIN, 0}, {around_.out, 0, 0}};
      const timespec time = until(deadline);
      if (!gate_.wait(both, options_.wait_seconds ? &time : nullptr)) gate_.pass_on();
    }
  }

  std::size_t first_room(std::uint64_t left) const {
    // With a byte, the rest stays in the slot until it is known to be written: a full disk loses nothing. And
    // of JSON the view gives as many objects as fit, but one at least: with room for a byte, it is one.
    if (runs()) return 1;
    if (options_.cut == separation::json) return options_.follow ? piece_size() : 1;
    // Less than a header, for the same reason.
    if (ample_) return frame_header - 1;
    // A pipe keeps what it has room for. No frame is shorter than its header, so `left` of them are not
    // exceeded.
    return left < PIPE_BUF / frame_header ? frame_header * left + frame_header - 1 : PIPE_BUF;
  }

  // What the output takes without waiting.
  std::size_t piece_size() const { return ample_ ? MAILSLOT_LARGEST_MESSAGE + 1 : PIPE_BUF; }

  // Waits for that. A signal ends everything: what is in hand goes back. False: nobody reads what is written.
  bool output_has_room() {
    pollfd out{around_.out, POLLOUT, 0};
    if (!gate_.wait({&out, 1}, nullptr)) gate_.pass_on();
    return (out.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
  }

  // What `buffer_` has: whole frames, or a part of one.
  result<void> pass_frames(std::uint64_t& left) {
    if (have_ < frame_header) {
      mailslot_sender of{};
      if (ioctl(handle_.get(), MAILSLOT_IOC_SENDER, &of) != 0)
        return tl::unexpected(explain(from_, "read", errno));
      --left;
      return pass_alone(static_cast<std::size_t>(of.size));
    }
    std::string_view rest(buffer_.data(), have_);
    std::string out;
    while (const auto message = next_frame(rest)) {
      out += *message;
      out += after_message(*message, options_.cut, around_.out_is_terminal);
      progress_.add(1, 0);
      --left;
    }
    if (!out.empty() || rest.empty()) return put(out);
    --left;
    return pass_alone(frame_size(rest));
  }

  // A message of `size` bytes whose frame has begun in `buffer_`. Where it may not be written, its last byte
  // is read (that of the header, if it is empty) when the others have been.
  result<void> pass_alone(std::size_t size) {
    const std::size_t frame = frame_header + size;
    const bool fits = !ample_ && size < PIPE_BUF;
    const std::size_t before = fits ? frame : frame - 1;
    while (have_ < before) {
      if (auto done = read_more(before - have_); !done) return done;
    }
    std::string_view rest = std::string_view(buffer_).substr(0, have_);
    rest.remove_prefix(std::min(frame_header, have_));
    if (!fits) {
      while (!rest.empty()) {
        const auto piece = rest.substr(0, piece_size());
        if (auto done = put_held(piece); !done) return done;
        rest.remove_prefix(piece.size());
      }
      have_ = 0;
      if (auto done = read_more(1); !done) return done;
      if (size > 0) rest = std::string_view(buffer_).substr(0, 1);
    }
    progress_.add(1, 0);
    std::string last(rest);
    last += after_message(rest, options_.cut, around_.out_is_terminal);
    return put(last);
  }

  int give_up(const failure& why) {
    progress_.clear();
    return complain(around_, why, recv_failed);
  }

  bool runs() const { return !options_.command.empty(); }

  // The message is taken when the command has succeeded.
  result<void> run_with_message(std::uint64_t& left) {
    const auto message = read_held(from_, handle_.get(), {buffer_.data(), have_});
    if (!message) return tl::unexpected(message.error());
    const auto status = run_command(options_.command, *message, around_.out, gate_.outside());
    if (!status) return tl::unexpected(status.error());
    if (*status == 0) {
      --left;
      return take_held(from_, handle_.get());
    }
    handle_.reset();  // gives it back
    if (gate_.caught()) gate_.pass_on();
    return fail("the command ended with status {}, so the message is in \"{}\" again", *status, from_.said);
  }

  // Objects of JSON, the last of which may have begun only. Its last byte is a newline, and its only one.
  result<void> pass_lines(std::uint64_t& left) {
    if (buffer_[have_ - 1] != '\n' && have_ < piece_size()) {
      if (auto done = read_more(piece_size() - have_); !done) return done;
    }
    for (;;) {
      const std::string_view piece(buffer_.data(), have_);
      (void)first_lines(piece, left);
      if (auto done = put_held(piece); !done || piece.ends_with('\n')) return done;
      have_ = 0;
      if (auto done = read_more(piece_size()); !done) return done;
    }
  }

  result<void> read_more(std::size_t most) {
    for (;;) {
      const ssize_t n = read(handle_.get(), buffer_.data() + have_, most);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return tl::unexpected(explain(from_, "read", n < 0 ? errno : EIO));
      have_ += static_cast<std::size_t>(n);
      return {};
    }
  }

  // `bytes` of a message that goes back if they cannot be written.
  result<void> put_held(std::string_view bytes) {
    if (output_has_room()) return put(bytes);
    gate_.broken_pipe();
    return fail("nobody reads the output any more");
  }

  result<void> put(std::string_view bytes) {
    progress_.add(0, bytes.size());
    if (write_all(around_.out, bytes)) return {};
    return fail_with(errno, "the output cannot be written: {}", reason(errno));
  }

  const surroundings& around_;
  const recv_options& options_;
  const target from_;
  descriptor handle_;
  std::string buffer_;
  std::size_t have_ = 0;
  bool ample_ = false;
  signal_gate gate_;
  progress progress_;
};

}  // namespace

int recv(const surroundings& around, const recv_options& options) {
  auto from = resolve_mounted(around, options.name);
  if (!from) return complain(around, from.error(), recv_failed);
  return receiver(around, options, std::move(*from)).run();
}

}  // namespace mailslot::cli

// How far it has come.
#include "fs/cli/progress.h"

#include "fs/cli/failure.h"
#include "fs/cli/table.h"

namespace mailslot::cli {

progress::progress(const surroundings& around, std::string_view what, bool output_is_shared)
    : around_(around),
      what_(what),
      on_(around.err_is_terminal && !output_is_shared),
      next_(steady::now() + std::chrono::seconds(1)) {}

void progress::add(std::uint64_t messages, std::uint64_t bytes) {
  if (!on_) return;
  messages_ += messages;
  bytes_ += bytes;
  if (steady::now() < next_) return;
  next_ = steady::now() + std::chrono::milliseconds(200);
  const auto count = messages_ > 0 ? fmt::format("{} messages, ", messages_) : std::string();
  shown_ = write_all(around_.err, fmt::format("\r\x1b[K{}{}B {}", count, short_size(bytes_), what_));
}

void progress::clear() {
  if (shown_) (void)write_all(around_.err, "\r\x1b[K");
  shown_ = false;
}

}  // namespace mailslot::cli

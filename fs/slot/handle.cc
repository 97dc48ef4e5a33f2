// What handles have in common.
#include "fs/slot/handle.h"

namespace mailslot {

void handle::read(const read_call&, read_answer& answer) {
  answer.failed(errc::access_denied);
}

expected<std::size_t> handle::write(const write_call&, bytes_view) {
  return refuse(errc::access_denied);
}

void handle::write_or_wait(const write_call&, bytes_view, std::unique_ptr<write_answer> answer) {
  answer->failed(errc::access_denied);
}

std::error_code handle::flush(const sender&, bool, moment) {
  return {};
}

readiness handle::ready(moment) {
  return {.readable = true, .writable = true};
}

void handle::tell(std::unique_ptr<poller>) {}

expected<attendance> attendance::join(slot_ref at, access how, on_last_reader last, bool takes) {
  const bool counts = reads(how) && takes;
  if (counts) {
    if (auto refused = at->add_reader()) return refuse(refused);
  }
  if (writes(how)) at->add_writer();
  return attendance(std::move(at), how, std::move(last), counts);
}

attendance::~attendance() {
  if (!at_) return;
  if (writes(how_)) at_->drop_writer();
  if (counts_ && at_->drop_reader() && last_) last_();
}

}  // namespace mailslot

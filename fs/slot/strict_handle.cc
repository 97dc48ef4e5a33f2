// Reads that end in errors where Windows ends them so.
#include "fs/slot/strict_handle.h"

namespace mailslot {

void strict_handle::read(const read_call& call, read_answer& answer) {
  if (is_client()) return answer.failed(errc::access_denied);
  slot& from = at_.at();
  message_queue got;
  bool too_large = false;
  const auto fits = [&](const message& m) {
    too_large = got.empty() && m.size() > call.room;
    return got.empty() && !too_large;
  };
  from.take_while(call.now, fits, got);
  if (!got.empty()) return arrived({.m = got.pop()}, call, answer);
  if (too_large) return answer.failed(errc::short_buffer);
  const duration timeout = std::min(from.current_settings().read_timeout, from.shared().longest_wait);
  if (call.nonblocking || timeout == duration::zero()) {
    return from.unlinked() ? void(answer.data({})) : answer.failed(errc::would_wait);
  }
  parked_read::read(*this, from, nullptr, true, call, after(call.now, timeout), answer);
}

void strict_handle::arrived(tail::copy_of got, const read_call& call, read_answer& answer) noexcept {
  if (got.m->size() > call.room) {
    answer.failed(errc::short_buffer);
  } else {
    const std::lock_guard held(mutex_);
    if (answer.data(got.m->bytes())) last_ = std::move(got.m);
  }
  if (got.m) at_.at().give_back(std::move(got.m));
}

void strict_handle::ended(std::error_code why, read_answer& answer) noexcept {
  why ? answer.failed(why) : void(answer.data({}));
}

expected<std::size_t> strict_handle::write(const write_call& call, bytes_view bytes) {
  if (!is_client()) return refuse(errc::access_denied);
  return writer_.write(at_.at(), call, bytes);
}

message_ref strict_handle::last_delivered() const {
  const std::lock_guard held(mutex_);
  return last_;
}

}  // namespace mailslot

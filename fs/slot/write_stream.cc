// From a stream of writes to messages.
#include "fs/slot/write_stream.h"

#include <algorithm>
#include <utility>

namespace mailslot {
namespace {

std::size_t largest_for(const settings& s) {
  std::uint64_t most = std::min<std::uint64_t>(largest_message, s.max_bytes);
  if (s.max_message_size != 0) most = std::min<std::uint64_t>(most, s.max_message_size);
  return static_cast<std::size_t>(most);
}

bool may_pass(std::error_code why) {
  return why == errc::slot_full || why == errc::user_over_quota || why == errc::no_room;
}

}  // namespace

std::error_code write_stream::post(slot& to, bytes_view piece, const write_call& call) {
  const auto body = how_.body_of(piece, scratch_);
  if (!body) return body.error();
  auto m = message::copy(*body, call.by, to.shared().memory);
  if (!m) return m.error();
  const auto id = to.post(std::move(*m), call.now);
  return id ? std::error_code() : id.error();
}

void write_stream::remember(std::error_code why) {
  if (!begun_.empty() || how_.one_message()) stuck_ = why;
}

expected<std::size_t> write_stream::write(slot& to, const write_call& call, bytes_view bytes) {
  const std::lock_guard held(mutex_);
  last_writer_ = call.by.pid;
  if (stuck_ && (how_.one_message() || !may_pass(stuck_))) return refuse(stuck_);
  const std::size_t limit = largest_for(to.current_settings());
  std::size_t accepted = 0;
  std::error_code why;
  while (accepted < bytes.size()) {
    const auto rest = bytes.subspan(accepted);
    const auto end = how_.end_of(begun_.bytes(), rest, limit);
    if (!end) {
      why = end.error();
      break;
    }
    if (!*end) {
      why = begun_.append(rest, how_.most_carried(limit), call.by, to.shared().memory);
      if (!why) accepted = bytes.size();
      break;
    }
    if (begun_.empty()) {
      why = post(to, rest.first(**end), call);
    } else {
      // In a place of its own: if the message is refused, what was begun stays as it is.
      std::string whole(reinterpret_cast<const char*>(begun_.bytes().data()), begun_.bytes().size());
      whole.append(reinterpret_cast<const char*>(rest.data()), **end);
      why = post(to, as_bytes(whole), call);
    }
    if (why) break;
    begun_.clear();
    accepted += **end;
  }
  scratch_ = {};
  if (accepted > 0) {
    // With a reason not to go on, the writer meets it again at the byte where it stands now.
    stuck_ = {};
    return accepted;
  }
  if (!why) return accepted;
  remember(why);
  return refuse(why);
}

std::error_code write_stream::finish(slot& to, const sender& by, bool killed, moment now) {
  const std::lock_guard held(mutex_);
  if (killed) {
    // Others who share the descriptor may go on with what they began themselves.
    if (by.pid == last_writer_) {
      begun_.clear();
      stuck_ = {};
    }
    return {};
  }
  if (stuck_) {
    begun_.clear();
    return std::exchange(stuck_, {});
  }
  if (begun_.empty()) return {};
  std::string scratch;
  const auto body = how_.tail_of(begun_.bytes(), scratch);
  // What is begun stays, as whoever shares the descriptor may complete it.
  if (!body) return body.error();
  begun_.stop_paying();
  auto m = message::copy(*body, by, to.shared().memory);
  begun_.clear();
  if (!m) return m.error();
  const auto id = to.post(std::move(*m), now);
  return id ? std::error_code() : id.error();
}

}  // namespace mailslot

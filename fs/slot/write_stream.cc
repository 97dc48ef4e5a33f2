// From a stream of writes to messages.
#include "fs/slot/write_stream.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mailslot {
namespace {

// Messages that are posted with the lock of the slot held once.
constexpr std::size_t most_at_once = 256;

std::size_t largest_for(const settings& s) {
  std::uint64_t most = std::min<std::uint64_t>(largest_message, s.max_bytes);
  if (s.max_message_size != 0) most = std::min<std::uint64_t>(most, s.max_message_size);
  return static_cast<std::size_t>(most);
}

bool may_pass(std::error_code why) {
  return why == errc::slot_full || why == errc::user_over_quota || why == errc::no_room;
}

}  // namespace

expected<message_ref> write_stream::message_of(bytes_view piece, const write_call& call,
                                               message_supply& supply) {
  const auto body = how_.body_of(piece, scratch_);
  if (!body) return refuse(body.error());
  return message::copy(*body, call.by, supply);
}

// Cuts some messages off and posts them together.
write_stream::step write_stream::post_some(slot& to, bytes_view bytes, std::size_t limit,
                                           const write_call& call, message_supply& supply) {
  message_queue batch;
  std::array<std::size_t, most_at_once> ends;  // of each message among `bytes`
  std::size_t cut = 0, made = 0;
  step result;
  while (cut < bytes.size() && made < most_at_once) {
    const auto rest = bytes.subspan(cut);
    // The first piece may have been begun by an earlier write.
    const auto begun = made == 0 ? begun_.bytes() : bytes_view();
    const auto end = how_.end_of(begun, rest, limit);
    if (!end) {
      result.why = end.error();
      break;
    }
    if (!*end) break;
    expected<message_ref> m;
    if (begun.empty()) {
      m = message_of(rest.first(**end), call, supply);
    } else {
      // In a place of its own: if the message is refused, what was begun stays as it is.
      std::string whole(reinterpret_cast<const char*>(begun.data()), begun.size());
      whole.append(reinterpret_cast<const char*>(rest.data()), **end);
      m = message_of(as_bytes(whole), call, supply);
    }
    if (!m) {
      result.why = m.error();
      break;
    }
    batch.push_back(std::move(*m));
    cut += **end;
    ends[made++] = cut;
  }
  if (made == 0) return result;
  const auto refused = to.post(batch, call.now).refused;
  const std::size_t accepted = made - batch.count();
  if (accepted > 0) {
    begun_.clear();
    result.accepted = ends[accepted - 1];
  }
  // What could not be made may find room now: posting may have dropped older messages.
  result.why = refused;
  result.more = !refused;
  return result;
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
  {
    message_supply supply(to.shared().memory.of(call.by.uid));
    for (bool more = true; more;) {
      const step done = post_some(to, bytes.subspan(accepted), limit, call, supply);
      accepted += done.accepted;
      why = done.why;
      more = done.more;
    }
  }
  if (!why && accepted < bytes.size()) {
    why = begun_.append(bytes.subspan(accepted), how_.most_carried(limit), call.by, to.shared().memory);
    if (!why) accepted = bytes.size();
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

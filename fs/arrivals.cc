// Collecting the slots that must be touched, and touching them at a bounded pace.
#include "fs/arrivals.h"

#include <boost/asio/post.hpp>

namespace mailslot {

void arrivals::came(slot_node& into) noexcept {
  const std::lock_guard held(mutex_);
  if (pending_.size() >= most_pending && !pending_.contains(into.number())) {
    untouched_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  try {
    pending_.try_emplace(into.number(), into.weak_from_this());
    if (running_) return;
    boost::asio::post(io_, [this] { touch_all(); });
    running_ = true;
  } catch (const std::bad_alloc&) {
    untouched_.fetch_add(1, std::memory_order_relaxed);
  }
}

void arrivals::touch_all() {
  decltype(pending_) now;
  {
    const std::lock_guard held(mutex_);
    now.swap(pending_);
    running_ = !now.empty();
  }
  if (now.empty()) return;
  for (const auto& [number, weak] : now) {
    const auto node = weak.lock();
    if (!node) continue;
    const auto path = names_.path_of(static_cast<const slot_node&>(*node));
    if (path && !process_.touch(*path)) untouched_.fetch_add(1, std::memory_order_relaxed);
  }
  timer_.expires_after(pace);
  timer_.async_wait([this](const boost::system::error_code& aborted) {
    if (!aborted) touch_all();
  });
}

}  // namespace mailslot

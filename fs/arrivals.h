// Makes messages visible to inotify that no write(2) to the slot's own name has brought (a view, an ioctl,
// the network): each such slot is touched through the mount, soon, and not more often than a bound.
#pragma once

#include "fs/errand.h"
#include "fs/tree/tree.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>
#include <unordered_map>

namespace mailslot {

class arrivals {
 public:
  // Slots that can wait to be touched at one time; those above are not touched, and counted.
  static constexpr std::size_t most_pending = 1024;
  // Between two touches of one slot.
  static constexpr auto pace = std::chrono::milliseconds(20);

  arrivals(boost::asio::io_context& io, tree& names, errand& process)
      : io_(io), timer_(io), names_(names), process_(process) {}

  // Any thread; never waits. Without memory for it, the slot is not touched, and counted.
  void came(slot_node& into) noexcept;
  std::uint64_t untouched() const { return untouched_.load(std::memory_order_relaxed); }

 private:
  void touch_all();

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  tree& names_;
  errand& process_;
  std::atomic<std::uint64_t> untouched_ = 0;
  std::mutex mutex_;                                                // guards the two below
  std::unordered_map<std::uint64_t, std::weak_ptr<node>> pending_;  // by number
  bool running_ = false;                                            // touch_all() will come
};

}  // namespace mailslot

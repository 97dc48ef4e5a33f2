// What was seen a moment ago: a set of numbers that forgets, by time and by number. Used to know copies.
#pragma once

#include "net/proto/time.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_set>
#include <utility>

namespace mailslot::net {

class recent {
 public:
  explicit recent(duration window, std::size_t limit = 65536) : window_(window), limit_(limit) {}

  // Remembers `key`; false when it was there already.
  bool insert(time_point now, std::uint64_t key) {
    forget(now);
    if (!keys_.insert(key).second) return false;
    order_.emplace_back(now, key);
    return true;
  }

  bool contains(time_point now, std::uint64_t key) {
    forget(now);
    return keys_.contains(key);
  }

 private:
  void forget(time_point now) {
    while (!order_.empty() && (now - order_.front().first > window_ || order_.size() >= limit_)) {
      keys_.erase(order_.front().second);
      order_.pop_front();
    }
  }

  duration window_;
  std::size_t limit_;
  std::deque<std::pair<time_point, std::uint64_t>> order_;
  std::unordered_set<std::uint64_t> keys_;
};

}  // namespace mailslot::net

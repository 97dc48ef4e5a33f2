// Counting, and looking for the least.
#include "fs/fuse/lane_plan.h"

#include <algorithm>
#include <new>

namespace mailslot {

bool lane_plan::park(std::uint64_t request, lane at) noexcept {
  if (patience_ > 0) --patience_;
  if (const auto known = where_.find(request); known != where_.end()) {
    where_.erase(known);
    return false;
  }
  ++lanes_[at].waiting;
  try {
    where_.emplace(request, at);
  } catch (const std::bad_alloc&) {
  }
  return true;
}

std::optional<lane> lane_plan::take(std::uint64_t request) noexcept {
  const auto known = where_.find(request);
  if (known == where_.end() || known->second == nowhere) return std::nullopt;
  const lane at = known->second;
  where_.erase(known);
  --lanes_[at].waiting;
  ++lanes_[at].held;
  return at;
}

std::optional<lane> lane_plan::find(std::uint64_t request) noexcept {
  const auto known = where_.find(request);
  if (known == where_.end() || known->second == nowhere) return std::nullopt;
  ++lanes_[known->second].held;
  return known->second;
}

void lane_plan::answered(std::uint64_t request) noexcept {
  if (const auto at = take(request)) {
    let_go(*at);
    return;
  }
  if (abandoned_) return;
  try {
    where_.emplace(request, nowhere);
  } catch (const std::bad_alloc&) {
  }
}

lane_plan::some_lanes lane_plan::hold_all() noexcept {
  some_lanes all;
  for (const bool read : {true, false}) {
    for (lane i = 0; i < most; ++i) {
      if (!lanes_[i].open || (lanes_[i].readers > 0) != read) continue;
      ++lanes_[i].held;
      all.lanes[all.count++] = i;
    }
  }
  return all;
}

bool lane_plan::wants_more() const noexcept {
  return open_ < most && patience_ == 0 && lanes_[emptiest()].waiting >= good_below;
}

lane lane_plan::open() noexcept {
  const auto free = std::ranges::find(lanes_, false, &use::open);
  *free = {.open = true};
  ++open_;
  return static_cast<lane>(free - lanes_.begin());
}

lane lane_plan::move(lane from) noexcept {
  const lane to = emptiest();
  --lanes_[from].readers;
  ++lanes_[to].readers;
  return to;
}

std::optional<lane> lane_plan::close_one() noexcept {
  const auto surplus = std::find_if(lanes_.begin() + 1, lanes_.end(), [](const use& l) { return l.idle(); });
  if (surplus == lanes_.end()) return std::nullopt;
  if (!abandoned_ && std::ranges::count_if(lanes_, &use::idle) < 2) return std::nullopt;
  surplus->open = false;
  --open_;
  return static_cast<lane>(surplus - lanes_.begin());
}

void lane_plan::abandon() noexcept {
  abandoned_ = true;
  where_.clear();
  for (auto& each : lanes_) each.waiting = each.readers = 0;
}

lane lane_plan::emptiest() const noexcept {
  lane best = 0;
  for (lane i = 1; i < most; ++i) {
    if (lanes_[i].open && lanes_[i].waiting < lanes_[best].waiting) best = i;
  }
  return best;
}

}  // namespace mailslot

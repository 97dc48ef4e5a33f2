// The ordered set of what is due.
#include "fs/slot/deadlines.h"

#include "fs/slot/waiter.h"

namespace mailslot {

void deadlines::erase(timed& who) noexcept {
  if (who.when_ == never) return;
  due_.erase({who.when_, &who});
  who.when_ = never;
}

void deadlines::add(timed& who, moment when) {
  {
    const std::lock_guard lock(mutex_);
    erase(who);
    if (when == never) return;
    const auto at = due_.emplace(when, &who).first;
    who.when_ = when;
    if (at != due_.begin() || !earlier_) return;
  }
  try {
    earlier_(when);
  } catch (...) {
    remove(who);
    throw;
  }
}

void deadlines::remove(timed& who) noexcept {
  const std::lock_guard lock(mutex_);
  erase(who);
}

moment deadlines::next() const {
  const std::lock_guard lock(mutex_);
  return due_.empty() ? never : due_.begin()->first;
}

moment deadlines::fire(moment now) {
  overdue then;
  {
    const std::lock_guard lock(mutex_);
    while (!due_.empty() && due_.begin()->first <= now) {
      timed& who = *due_.begin()->second;
      erase(who);
      const moment again = who.due(now, then);
      if (again == never) continue;
      who.when_ = again;
      due_.emplace(again, &who);
    }
  }
  for (waiter* who : then.ended) who->end(errc::timed_out);
  for (auto& who : then.told) who->fire();
  return next();
}

}  // namespace mailslot

// Somebody who asked to be told once when a slot may have become ready (poll(2)).
#pragma once

#include <map>
#include <memory>

namespace mailslot {

class poller {
 public:
  virtual ~poller() = default;
  // Called once at most, without a lock; afterwards the poller goes.
  virtual void fire() noexcept = 0;
};

// By what each of them asked for (a handle).
using poller_map = std::map<const void*, std::unique_ptr<poller>>;

}  // namespace mailslot

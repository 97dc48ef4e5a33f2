// Reading and correcting the clock.
#include "fs/clock.h"

namespace mailslot {
namespace {

constexpr duration least_correction = std::chrono::milliseconds(50);

duration monotonic() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

duration offset_now() {
  return std::chrono::duration_cast<duration>(std::chrono::system_clock::now().time_since_epoch()) -
         monotonic();
}

}  // namespace

daemon_clock::daemon_clock() : offset_(offset_now().count()) {}

moment daemon_clock::now() const {
  return moment(monotonic() + duration(offset_.load(std::memory_order_relaxed)));
}

// A clock that was set back keeps its old offset: dates run ahead rather than repeat themselves.
void daemon_clock::adjust() {
  const duration wanted = offset_now();
  const duration had(offset_.load(std::memory_order_relaxed));
  if (wanted - had > least_correction) offset_.store(wanted.count(), std::memory_order_relaxed);
}

}  // namespace mailslot

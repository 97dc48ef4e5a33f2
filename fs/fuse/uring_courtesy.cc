// Counts and times.
#include "fs/fuse/uring_courtesy.h"

#include <algorithm>
#include <utility>

namespace mailslot {

bool uring_courtesy::wants_to_begin(clock::time_point now) {
  const auto took = now - std::exchange(counted_from_, now);
  return took <= beat && now >= again_;
}

void uring_courtesy::begin(clock::time_point now) {
  on_ = true;
  ++begun_;
  requests_ = 0;
  busy_ = 0;
  due_ = now + beat;
}

bool uring_courtesy::beats(clock::time_point now, const beat_facts& f) {
  const unsigned requests = std::exchange(requests_, 0);
  if (f.request_came && now - due_ - f.ran > tolerable) {
    ++kept_waiting_;
    again_ = now + pause_;
    pause_ = std::min(4 * pause_, longest_pause);
    good_ = 0;
    on_ = false;
  } else {
    if (++good_ >= good_beats) pause_ = shortest_pause;
    busy_ = f.processor_is_idle ? 0 : busy_ + 1;
    on_ = requests >= few && busy_ < busy_beats;
    due_ = now + beat;
  }
  return on_;
}

}  // namespace mailslot

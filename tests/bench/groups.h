// The groups of figures, one file each.
#pragma once

#include "tests/bench/beds.h"
#include "tests/bench/measure.h"

namespace mailslot::bench {

struct run {
  effort how;
  equipment with;
  report& into;
};

// 1. One process writes and reads what it wrote, against a file whose handlers do nothing: sizes.cc.
void sizes(run& r, const std::string& transport);
// 1. A write over io_uring against one over /dev/fuse: sizes.cc.
void transports(run& r);
// How many threads read /dev/fuse, and how: serving.cc.
void serving(run& r);
// 2. Two processes answer each other, against the kernel's own queues: latency.cc.
void latency(run& r, const std::string& transport);
// 3. Many small messages through `lines` and `frames`, against one call a message: rates.cc.
void rates(run& r, const std::string& transport);
// 4. What is there besides: writers, slots, queued messages, blocked readers, readers of copies: crowds.cc.
void crowds(run& r, const std::string& transport);
// 5. Memory, mounting, listing: footprint.cc.
void footprint(run& r);

}  // namespace mailslot::bench

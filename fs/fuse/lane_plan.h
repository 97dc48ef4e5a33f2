// Which waiting request was read through which descriptor of /dev/fuse, and through which the next shall be.
//
// A lane is such a descriptor: the one that was mounted with (number 0), or a clone of it. The kernel has a
// table of 256 lists for each, of the requests that were read through it and have no answer; an answer has to
// come by the same lane, and walks a list of its table. So nobody goes on reading through a lane in which
// many wait. Knows no system call, no thread, and no FUSE.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace mailslot {

using lane = std::uint32_t;

// Not thread-safe. Where there is no memory to remember a request, it is not found, and its lane stays open.
class lane_plan {
 public:
  static constexpr std::size_t most = 64;         // lanes
  static constexpr std::size_t full_from = 256;   // requests that wait in one: about one in each list
  static constexpr std::size_t good_below = 128;  // a lane with as many is worth moving to

  // --- requests ---

  // The one that was read through `at` waits. False: it does not, its answer has come already.
  bool park(std::uint64_t request, lane at) noexcept;
  // It will be answered now: where it waits, which is held until let_go(). Nothing: it is not known.
  std::optional<lane> take(std::uint64_t request) noexcept;
  // Where it waits, which is held, too. It goes on waiting.
  std::optional<lane> find(std::uint64_t request) noexcept;
  // The answer of one that take() did not know has left: park() will come, or came meanwhile.
  void answered(std::uint64_t request) noexcept;

  // All that are open, those first through which somebody reads. Each is held.
  struct some_lanes {
    std::array<lane, most> lanes;
    std::size_t count = 0;
  };
  some_lanes hold_all() noexcept;
  // True: the lane may be one for close_one().
  bool let_go(lane held) noexcept {
    --lanes_[held].held;
    return lanes_[held].idle();
  }

  // --- who reads ---

  // One more reads, through lane 0.
  void enter() noexcept { ++lanes_[0].readers; }
  // Whether who reads through `at` should go elsewhere.
  bool is_full(lane at) const noexcept { return lanes_[at].waiting >= full_from; }
  // Whether it is time for one lane more: none is good.
  bool wants_more() const noexcept;
  // There is none to be had; wants_more() is false for a while.
  void has_no_more() noexcept { patience_ = full_from; }
  // One more is open; its number is the lowest that is free. wants_more() was true.
  lane open() noexcept;
  // Has one who reads through `from` read through that in which the fewest wait.
  lane move(lane from) noexcept;
  // One that nobody needs any more, and is open no longer. Lane 0 stays, and one to move to.
  std::optional<lane> close_one() noexcept;
  // Nobody reads any more, and nothing waits: only what is held stays open until it is let go of.
  void abandon() noexcept;

  std::size_t open_lanes() const noexcept { return open_; }

 private:
  struct use {
    bool open = false;
    std::size_t waiting = 0, readers = 0, held = 0;
    bool idle() const { return open && waiting + readers + held == 0; }
  };
  static constexpr lane nowhere = ~lane{0};  // in where_: the answer came before park()

  lane emptiest() const noexcept;

  std::unordered_map<std::uint64_t, lane> where_;
  std::array<use, most> lanes_{use{.open = true}};
  std::size_t open_ = 1;
  std::size_t patience_ = 0;  // so many requests have to be parked before wants_more()
  bool abandoned_ = false;
};

}  // namespace mailslot

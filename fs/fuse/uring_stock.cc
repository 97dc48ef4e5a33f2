// Lists and counts.
#include "fs/fuse/uring_stock.h"

#include <algorithm>

namespace mailslot {
namespace {

constexpr std::size_t most_at_once = 1024;
constexpr std::size_t refused_at_once = 64;  // enough to see whether they are taken now
constexpr auto pause_after_failure = std::chrono::seconds(1);

// A payload above this is given back as soon as its answer was read; smaller ones when the ring is quiet.
constexpr std::uint32_t large_payload = 64 * 1024;
constexpr auto until_quiet = std::chrono::seconds(1);
constexpr std::size_t released_at_once = 64;
constexpr auto between_parts = std::chrono::milliseconds(2);

}  // namespace

std::vector<uring_entry*> uring_stock::grow_for(std::size_t parked, clock::time_point now) {
  return grow(std::min(2 * wanted(parked), most_at_once), now);
}

std::vector<uring_entry*> uring_stock::grow(std::size_t count, clock::time_point now) {
  std::vector<uring_entry*> more;
  if (now < grow_again_) return more;
  if (!refused_.empty()) {
    const auto from =
        refused_.end() - static_cast<std::ptrdiff_t>(std::min({count, refused_.size(), refused_at_once}));
    more.assign(from, refused_.end());
    refused_.erase(from, refused_.end());
    for (auto* e : more) e->now = uring_entry::state::registering;
  } else {
    const std::size_t first = arena_.size();
    count = std::min(count, most - first);
    if (count == 0 || !arena_.grow(of_, count)) {
      grow_again_ = now + pause_after_failure;
      return more;
    }
    for (std::size_t i = first; i < first + count; ++i) more.push_back(&arena_[i]);
  }
  live_ += more.size();
  return more;
}

void uring_stock::given(uring_entry& e) {
  idle_.push_back(e);
  ++idle_count_;
  if (e.touched != 0) ++touched_;
  if (e.touched > large_payload) large_.push_back({&e, e.generation});
}

void uring_stock::submitted() {
  large_read_.insert(large_read_.end(), large_.begin(), large_.end());
  large_.clear();
}

bool uring_stock::came(uring_entry& e) {
  const bool last = &idle_.front() == &e;
  idle_.erase(idle_.iterator_to(e));
  --idle_count_;
  if (e.touched != 0) --touched_;
  if (!keeps_too_much()) release_due_ = never;
  return last;
}

void uring_stock::refused(uring_entry& e, clock::time_point now) {
  e.now = uring_entry::state::dead;
  refused_.push_back(&e);
  --live_;
  grow_again_ = now + pause_after_failure;
}

void uring_stock::forget(uring_entry& e) {
  arena_.release(e);
  --touched_;
}

void uring_stock::release_large() {
  for (const auto& [entry, generation] : large_read_) {
    if (entry->generation == generation && entry->now == uring_entry::state::idle && entry->touched != 0)
      forget(*entry);
  }
  large_read_.clear();
}

void uring_stock::release_idle(clock::time_point now) {
  if (!keeps_too_much()) {
    release_due_ = never;
  } else if (release_due_ == never) {
    release_due_ = now + until_quiet;
  } else if (now >= release_due_) {
    std::size_t left = std::min(touched_ - payloads_kept, released_at_once);
    for (auto e = idle_.begin(); left > 0 && e != idle_.end(); ++e) {
      if (e->touched == 0) continue;
      forget(*e);
      --left;
    }
    release_due_ = keeps_too_much() ? now + between_parts : never;
  }
}

}  // namespace mailslot

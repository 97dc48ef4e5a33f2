// Messages in one piece.
#include "fs/slot/chunk.h"

#include <algorithm>
#include <utility>

namespace mailslot {

chunk::~chunk() {
  let_go(0);
}

void chunk::let_go(std::size_t but) noexcept {
  if (pieces_.size() <= but) return;
  message_disposal gone;
  const auto end = pieces_.end() - static_cast<std::ptrdiff_t>(but);
  for (auto p = pieces_.begin(); p != end; ++p) gone.add(std::move(p->got.m));
  pieces_.erase(pieces_.begin(), end);
}

chunk chunk::in_place_of(chunk&& old) {
  chunk fresh(*old.how_, *old.around_);
  old.let_go(0);
  if (old.encoded_.capacity() + old.pieces_.capacity() * sizeof(piece) > most_kept) return fresh;
  fresh.pieces_.swap(old.pieces_);
  fresh.encoded_.swap(old.encoded_);
  fresh.encoded_.clear();
  return fresh;
}

// Appends the bytes and leaves room for one piece more, or changes nothing.
void chunk::encode(const message& m, std::uint64_t lost) {
  const std::size_t before = encoded_.size();
  try {
    if (!how_->verbatim()) {
      if (lost != 0) how_->encode_lost(lost, encoded_);
      how_->encode(m, *around_, encoded_);
    }
    if (pieces_.size() == pieces_.capacity()) pieces_.reserve(std::max<std::size_t>(1, 2 * pieces_.size()));
  } catch (const std::bad_alloc&) {
    encoded_.resize(before);
    throw;
  }
}

void chunk::add(tail::copy_of&& got) {
  encode(*got.m, got.lost);
  pieces_.push_back({std::move(got), 0});
  pieces_.back().end = size();
}

void chunk::add(message_queue& taken, std::size_t bytes) {
  if (!how_->verbatim()) encoded_.reserve(encoded_.size() + bytes);
  while (const message* m = taken.front()) {
    encode(*m, 0);
    pieces_.push_back({{.m = taken.pop()}, 0});
    pieces_.back().end = size();
  }
}

bool chunk::add_within(std::size_t room, tail::copy_of& got) {
  const std::size_t before = size();
  if (!empty() && (how_->verbatim() || before >= room || got.m->size() > room - before)) return false;
  add(tail::copy_of(got));
  if (pieces_.size() == 1 || size() <= room) {
    got = {};
    return true;
  }
  pieces_.pop_back();
  encoded_.resize(before);
  return false;
}

void chunk::delivered(std::size_t end) {
  begun_ = true;
  read_up_to_ = std::max(read_up_to_, end);
  if (finished()) let_go(1);
}

void chunk::restart() {
  begun_ = false;
  if (how_->verbatim()) {
    read_up_to_ = 0;
    return;
  }
  const auto first =
      std::find_if(pieces_.begin(), pieces_.end(), [this](const piece& p) { return p.end > read_up_to_; });
  const std::size_t gone = first == pieces_.begin() ? 0 : std::prev(first)->end;
  pieces_.erase(pieces_.begin(), first);
  encoded_.erase(0, gone);
  for (auto& p : pieces_) p.end -= gone;
  read_up_to_ = 0;
}

std::vector<tail::copy_of> chunk::undelivered() {
  std::vector<tail::copy_of> rest;
  for (auto& p : std::exchange(pieces_, {})) {
    if (!begun_ || p.end > read_up_to_) rest.push_back(std::move(p.got));
  }
  encoded_.clear();
  read_up_to_ = 0;
  begun_ = false;
  return rest;
}

message_ref chunk::last() const {
  if (!begun_ || pieces_.empty()) return {};
  const auto holds_last = [this](const piece& p) { return p.end >= read_up_to_; };
  const auto at = std::find_if(pieces_.begin(), pieces_.end(), holds_last);
  return at == pieces_.end() ? pieces_.back().got.m : at->got.m;
}

bool packer::fits(const message& m) {
  if (!any_) {
    any_ = true;
    // One that is larger than all of the room needs no measuring.
    const std::size_t size = m.size() >= room_ ? room_ : how_.encoded_size(m, around_);
    room_ -= std::min(room_, size);
    size_ = size;
    return true;
  }
  if (m.size() > room_) return false;
  const std::size_t size = how_.encoded_size(m, around_);
  if (size > room_) return false;
  room_ -= size;
  size_ += size;
  return true;
}

}  // namespace mailslot

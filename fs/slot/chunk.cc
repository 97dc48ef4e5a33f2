// Messages in one piece.
#include "fs/slot/chunk.h"

#include <algorithm>
#include <utility>

namespace mailslot {

chunk::~chunk() {
  message_disposal gone;
  for (auto& p : pieces_) gone.add(std::move(p.got.m));
}

void chunk::reserve(std::size_t messages, std::size_t bytes) {
  pieces_.reserve(pieces_.size() + messages);
  encoded_.reserve(encoded_.size() + bytes);
}

void chunk::add(tail::copy_of&& got) {
  const std::size_t before = encoded_.size();
  try {
    if (!how_->verbatim()) {
      if (got.lost != 0) how_->encode_lost(got.lost, encoded_);
      how_->encode(*got.m, *around_, encoded_);
    }
    pieces_.push_back({std::move(got), 0});
  } catch (const std::bad_alloc&) {
    encoded_.resize(before);
    throw;
  }
  pieces_.back().end = size();
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

// A buffer that somebody pays for.
#include "fs/slot/held_bytes.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace mailslot {

std::error_code held_bytes::grow(std::size_t to, account& payer) {
  if (auto refused = payer.charge(to - room_)) return refused;
  std::unique_ptr<std::byte[]> larger(new (std::nothrow) std::byte[to]);
  if (!larger) {
    payer.release(to - room_);
    return errc::no_room;
  }
  if (size_ != 0) std::memcpy(larger.get(), memory_.get(), size_);
  memory_ = std::move(larger);
  charged_ += to - room_;
  room_ = to;
  payer_ = &payer;
  return {};
}

std::error_code held_bytes::append(bytes_view more, std::size_t most, const sender& by, budget& pays) {
  if (more.empty()) return {};
  if (size_ > most || more.size() > most - size_) return errc::message_too_long;
  const std::size_t wanted = size_ + more.size();
  if (wanted > room_) {
    account& payer = payer_ ? *payer_ : pays.of(by.uid);
    // Twice as much, so that many small writes cost no more than one; if that is too much, what it takes.
    const std::size_t generous = std::clamp(2 * room_, wanted, most);
    auto refused = grow(generous, payer);
    if (refused && generous > wanted) refused = grow(wanted, payer);
    if (refused) return refused;
  }
  std::memcpy(memory_.get() + size_, more.data(), more.size());
  size_ = wanted;
  return {};
}

void held_bytes::stop_paying() noexcept {
  if (payer_) payer_->release(std::exchange(charged_, 0));
}

void held_bytes::clear() noexcept {
  stop_paying();
  memory_.reset();
  size_ = room_ = 0;
  payer_ = nullptr;
}

}  // namespace mailslot

// Bytes of a writer that are no message yet: they grow, have a bound, and the writer pays for their memory
// from the first one on.
#pragma once

#include "fs/slot/message.h"

#include <memory>

namespace mailslot {

class held_bytes {
 public:
  held_bytes() = default;
  held_bytes(const held_bytes&) = delete;
  held_bytes& operator=(const held_bytes&) = delete;
  ~held_bytes() { clear(); }

  bool empty() const { return size_ == 0; }
  bytes_view bytes() const { return {memory_.get(), size_}; }

  // Takes all of `more` or nothing; whoever appended first pays for all.
  // Errors: message_too_long (it would be more than `most`), user_over_quota, no_room.
  std::error_code append(bytes_view more, std::size_t most, const sender& by, budget& pays);
  // The bytes stay and cost nothing any more, because a message that is paid for takes their place.
  void stop_paying() noexcept;
  void clear() noexcept;

 private:
  std::error_code grow(std::size_t to, account& payer);

  std::unique_ptr<std::byte[]> memory_;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
  std::size_t charged_ = 0;
  account* payer_ = nullptr;
};

}  // namespace mailslot

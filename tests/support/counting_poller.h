// A poller that counts how often it was told.
#pragma once

#include "fs/slot/poller.h"

namespace mailslot::test {

class counting_poller final : public poller {
 public:
  explicit counting_poller(int& fired) : fired_(fired) {}
  void fire() noexcept override { ++fired_; }

 private:
  int& fired_;
};

}  // namespace mailslot::test

// Token buckets, one a source and one for all, in bounded memory. Know nothing of what they limit.
#pragma once

#include "net/proto/time.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>

namespace mailslot::net {

struct rate {
  double per_second = 0;
  double burst = 0;  // how many may come at once
};

class token_bucket {
 public:
  token_bucket(rate allowed, time_point now) : allowed_(allowed), tokens_(allowed.burst), filled_(now) {}

  // Takes a token if there is one.
  bool take(time_point now) {
    tokens_ = tokens_at(now);
    filled_ = std::max(filled_, now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

  // Nothing was taken for so long that forgetting the bucket changes nothing.
  [[nodiscard]] bool is_full(time_point now) const { return tokens_at(now) >= allowed_.burst; }

 private:
  [[nodiscard]] double tokens_at(time_point now) const {
    const std::chrono::duration<double> passed = now - std::min(filled_, now);
    return std::min(allowed_.burst, tokens_ + passed.count() * allowed_.per_second);
  }

  rate allowed_;
  double tokens_;
  time_point filled_;
};

// A bucket for each `Key` (an address, a uid), and one for all together. Remembers 1,024 keys; a new one
// beyond that is refused until an old one has been quiet, because only a flood of made-up keys gets there.
template <typename Key>
class rate_limiter {
 public:
  rate_limiter(rate each, rate all) : each_(each), all_(all, time_point{}) {}

  bool take(time_point now, const Key& key) {
    auto found = buckets_.find(key);
    if (found == buckets_.end()) {
      if (buckets_.size() >= key_limit)
        std::erase_if(buckets_, [now](const auto& item) { return item.second.is_full(now); });
      if (buckets_.size() >= key_limit) return false;
      found = buckets_.emplace(key, token_bucket(each_, now)).first;
    }
    return found->second.take(now) && all_.take(now);
  }

 private:
  static constexpr std::size_t key_limit = 1024;

  rate each_;
  token_bucket all_;
  std::unordered_map<Key, token_bucket> buckets_;
};

}  // namespace mailslot::net

// The nodes that the kernel knows by their address, and how often it was told of each (FORGET takes that
// back). Keeps them alive for it.
#pragma once

#include "fs/tree/node.h"

#include <fuse_lowlevel.h>

#include <mutex>
#include <unordered_map>

namespace mailslot {

class known_nodes {
 public:
  explicit known_nodes(node_ref root) : root_(std::move(root)) {}

  // The kernel is told of `n` once more; returns the id by which it will ask.
  fuse_ino_t remember(const node_ref& n) {
    if (n == root_) return FUSE_ROOT_ID;
    const std::lock_guard held(mutex_);
    auto& k = known_[n.get()];
    if (!k.what) k.what = n;
    ++k.times;
    return reinterpret_cast<fuse_ino_t>(n.get());
  }

  void forget(fuse_ino_t id, std::uint64_t times) {
    if (id == FUSE_ROOT_ID) return;
    node_ref last;  // goes without the lock
    const std::lock_guard held(mutex_);
    const auto found = known_.find(reinterpret_cast<node*>(id));
    if (found == known_.end()) return;
    found->second.times -= std::min(times, found->second.times);
    if (found->second.times != 0) return;
    last = std::move(found->second.what);
    known_.erase(found);
  }

  // The kernel only asks by ids that it was told and has not forgotten.
  node& at(fuse_ino_t id) const { return id == FUSE_ROOT_ID ? *root_ : *reinterpret_cast<node*>(id); }

  fuse_ino_t id_of(const node& n) const {
    return &n == root_.get() ? FUSE_ROOT_ID : reinterpret_cast<fuse_ino_t>(&n);
  }

 private:
  struct known {
    node_ref what;
    std::uint64_t times = 0;
  };
  const node_ref root_;
  std::mutex mutex_;
  std::unordered_map<node*, known> known_;
};

}  // namespace mailslot

// A directory of users' names: the children by name, in a table whose lookups cost the same however many
// there are. Guarded by the lock of the tree.
#pragma once

#include "fs/tree/name.h"
#include "fs/tree/node.h"

#include <unordered_set>

namespace mailslot {

// Levels of directories: so that whoever walks the tree cannot be made to run out of stack.
inline constexpr std::size_t deepest = 256;

using named_ref = std::shared_ptr<named_node>;

class directory final : public named_node {
 public:
  directory(std::uint64_t number, std::string_view name, const ownership& owner, letter_case how, moment now)
      : named_node(number, name, owner, now), children_(0, hash{how}, equal{how}), modified_(now) {}
  ~directory() override;

  node_kind kind() const override { return node_kind::directory; }
  attributes stat(moment now) const override;
  std::error_code change(const attribute_change& wanted, moment now) override;
  expected<node_ref> find(std::string_view name, moment now) override;
  expected<std::vector<directory_entry>> list() const override;

  // The child of that name, or null.
  named_ref child(std::string_view name) const;
  bool empty() const { return children_.empty(); }
  std::size_t size() const { return children_.size(); }
  // True when this is `other` or lies below it.
  bool within(const directory& other) const;
  // Levels from the root to this (0 for the root), and from this to the deepest directory in it.
  std::size_t depth() const;
  std::size_t height() const;
  template <class Each>
  void for_each(Each&& each) const {
    for (const auto& child : children_) each(*child);
  }

  // `child` gets its name and this parent. Without memory for that, nothing has changed.
  void insert(named_ref child, std::string_view name, moment now);
  // Makes the next adopt() sure to succeed.
  void make_room() { children_.reserve(children_.size() + 1); }
  // `child` comes from `other`, or stays here, under a new name.
  void adopt(directory& other, named_node& child, std::string name, moment now);
  // The child loses its parent and keeps its name.
  void erase(named_node& child, moment now);

 private:
  struct hash {
    using is_transparent = void;
    letter_case how;
    std::size_t operator()(std::string_view name) const { return name_hash(name, how); }
    std::size_t operator()(const named_ref& n) const { return name_hash(n->name(), how); }
  };
  struct equal {
    using is_transparent = void;
    letter_case how;
    static std::string_view name_of(std::string_view name) { return name; }
    static std::string_view name_of(const named_ref& n) { return n->name(); }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return same_name(name_of(a), name_of(b), how);
    }
  };

  std::unordered_set<named_ref, hash, equal> children_;
  std::uint32_t directories_ = 0;  // among the children, for st_nlink
  moment modified_;
};

}  // namespace mailslot

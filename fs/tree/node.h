// Something that a path leads to: a slot, a directory, a symlink, or a file made up on the fly (a view, a
// text). Nodes are shared by counting; names, owners and modes are guarded by the lock of the tree.
#pragma once

#include "fs/slot/handle.h"

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailslot {

class node;
class slot_node;
class tree;
using node_ref = std::shared_ptr<node>;

enum class node_kind : std::uint8_t { directory, file, link };

// Who asks.
struct credentials {
  uid_t uid = 0;
  gid_t gid = 0;

  bool is_root() const { return uid == 0; }
};

struct ownership {
  mode_t mode = 0;  // permission bits
  uid_t uid = 0;
  gid_t gid = 0;
};

struct attributes {
  std::uint64_t number = 0;  // st_ino
  node_kind kind = node_kind::file;
  ownership owner;
  std::uint64_t size = 0;
  std::uint32_t links = 1;
  moment accessed{}, modified{}, changed{};
};

// chmod, chown, utimens: what is there is set.
struct attribute_change {
  std::optional<mode_t> mode;
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::optional<moment> accessed, modified;
};

struct directory_entry {
  std::string name;
  std::uint64_t number = 0;
  node_kind kind = node_kind::file;
};

struct opening {
  access how = access::read;
  credentials who;
  moment now{};
};

// How long the kernel may remember what a name leads to.
enum class memory : std::uint8_t { none, until_told };

class node : public std::enable_shared_from_this<node> {
 public:
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  virtual ~node() = default;

  std::uint64_t number() const { return number_; }
  virtual node_kind kind() const = 0;

  // The functions below are called by the tree, with its lock held for reading unless they say otherwise.

  virtual attributes stat(moment now) const = 0;
  // Default: not_permitted. Lock held for writing.
  virtual std::error_code change(const attribute_change& wanted, moment now);

  // Directories. Default: not_a_directory. Refusals of find(): no_such_name.
  virtual expected<node_ref> find(std::string_view name, moment now);
  virtual expected<std::vector<directory_entry>> list() const;
  // A new directory in one that is made up on the fly. Default: not_permitted. Lock held for writing.
  virtual expected<node_ref> make_directory(std::string_view name, const credentials& who, moment now);

  // The same for taking one away again.
  virtual std::error_code remove_directory(std::string_view name, const credentials& who);
  // Whatever name is looked up, it is there.
  virtual bool every_name_resolves() const { return false; }

  // Files. Default: is_a_directory. Refusals: access_denied, slot_busy, slot_closed, not_permitted.
  virtual expected<std::unique_ptr<handle>> open(const opening& how);

  // The slot that this file is another door to, or is itself; null for anything else.
  virtual slot_node* slot_behind() { return nullptr; }
  // Whether the kernel may keep the name and the attributes of this node.
  virtual memory remembered() const { return memory::none; }

 protected:
  explicit node(std::uint64_t number) : number_(number) {}

 private:
  const std::uint64_t number_;
};

class directory;

// A node with a name of its own, an owner and a mode: what users make.
class named_node : public node {
 public:
  const std::string& name() const { return name_; }
  // Null for the root and for what was removed.
  directory* parent() const { return parent_; }
  const ownership& owner() const { return owner_; }
  std::error_code change(const attribute_change& wanted, moment now) override;
  memory remembered() const override { return memory::until_told; }

  // Set by the adapter when it told the kernel the attributes, cleared by whoever tells it to forget them.
  std::atomic<bool> attributes_known = false;

 protected:
  named_node(std::uint64_t number, std::string_view name, const ownership& owner, moment now)
      : node(number), owner_(owner), changed_(now), name_(name) {}

  ownership owner_;
  moment changed_;

 private:
  friend class directory;
  std::string name_;
  directory* parent_ = nullptr;
};

class link_node final : public named_node {
 public:
  link_node(std::uint64_t number, std::string_view name, std::string_view target, const ownership& owner,
            moment now)
      : named_node(number, name, owner, now), target_(target) {}
  node_kind kind() const override { return node_kind::link; }
  attributes stat(moment now) const override;
  const std::string& target() const { return target_; }

 private:
  const std::string target_;
};

class slot_node final : public named_node {
 public:
  slot_node(tree& in, std::uint64_t number, std::string_view name, const ownership& owner, commons& shared,
            const settings& initial, moment now)
      : named_node(number, name, owner, now), tree_(in), slot_(shared, initial, now) {}

  node_kind kind() const override { return node_kind::file; }
  attributes stat(moment now) const override;
  std::error_code change(const attribute_change& wanted, moment now) override;
  expected<std::unique_ptr<handle>> open(const opening& how) override;
  slot_node* slot_behind() override { return this; }

  slot& content() const { return slot_; }
  // The slot as something that keeps this node alive.
  slot_ref shared_content() { return {shared_from_this(), &slot_}; }
  // One more handle at this slot, which goes with its last reader when it is so set. `takes`: it takes
  // messages, and so counts as a reader.
  expected<attendance> join(access how, bool takes = true);

 private:
  tree& tree_;
  mutable slot slot_;
};

}  // namespace mailslot

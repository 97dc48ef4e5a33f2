// Another tree of the same names: every directory and slot again, with another kind of file for each slot
// (.info/PATH, .as/WORDS/PATH). Nothing can be made or removed in it.
#pragma once

#include "fs/tree/directory.h"

#include <functional>
#include <mutex>
#include <unordered_map>

namespace mailslot {

class mirror {
 public:
  // Makes the file that stands for a slot; gets a number for st_ino.
  using make_file = std::function<node_ref(std::shared_ptr<slot_node> of, std::uint64_t number)>;

  mirror(tree& of, make_file make) : tree_(of), make_(std::move(make)) {}
  mirror(const mirror&) = delete;
  mirror& operator=(const mirror&) = delete;

  // The image of the root of `of`, which keeps its mirror alive.
  static node_ref root(tree& of, make_file make);

  // What stands for `original` here: the same node each time, as long as anybody holds it.
  node_ref image_of(const std::shared_ptr<named_node>& original);

 private:
  tree& tree_;
  const make_file make_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::weak_ptr<node>> images_;  // by the number of the original
  std::size_t sweep_at_ = 64;                                      // dead ones go when there are so many
};

// The image of a directory.
class mirror_directory final : public node {
 public:
  mirror_directory(std::uint64_t number, mirror& in, std::shared_ptr<directory> original)
      : node(number), in_(in), original_(std::move(original)) {}

  node_kind kind() const override { return node_kind::directory; }
  attributes stat(moment now) const override;
  expected<node_ref> find(std::string_view name, moment now) override;
  expected<std::vector<directory_entry>> list() const override;

 private:
  mirror& in_;
  const std::shared_ptr<directory> original_;
};

}  // namespace mailslot

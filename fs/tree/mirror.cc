// Images of directories and slots.
#include "fs/tree/mirror.h"

#include "fs/tree/tree.h"

namespace mailslot {

node_ref mirror::root(tree& of, make_file make) {
  struct rooted {
    rooted(tree& t, make_file m) : images(t, std::move(m)), top(images.image_of(t.root())) {}
    mirror images;
    const node_ref top;
  };
  const auto both = std::make_shared<rooted>(of, std::move(make));
  return {both, both->top.get()};
}

node_ref mirror::image_of(const std::shared_ptr<named_node>& original) {
  const std::lock_guard held(mutex_);
  auto& known = images_[original->number()];
  if (auto image = known.lock()) return image;
  node_ref made;
  if (auto* s = dynamic_cast<slot_node*>(original.get())) {
    made = make_(std::shared_ptr<slot_node>(original, s), tree_.next_number());
  } else if (auto* d = dynamic_cast<directory*>(original.get())) {
    made = std::make_shared<mirror_directory>(tree_.next_number(), *this,
                                              std::shared_ptr<directory>(original, d));
  } else {
    made = original;  // a symlink leads to the same name here
  }
  known = made;
  if (images_.size() >= sweep_at_) {
    std::erase_if(images_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = 64 + 2 * images_.size();
  }
  return made;
}

attributes mirror_directory::stat(moment now) const {
  attributes a = original_->stat(now);
  a.number = number();
  a.owner.mode &= ~mode_t{0222};
  return a;
}

expected<node_ref> mirror_directory::find(std::string_view name, moment) {
  auto original = original_->child(name);
  if (!original) return refuse(errc::no_such_name);
  return in_.image_of(original);
}

// The numbers are those of the originals: an image need not exist to be listed.
expected<std::vector<directory_entry>> mirror_directory::list() const {
  return original_->list();
}

}  // namespace mailslot

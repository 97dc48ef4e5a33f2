// Children by name.
#include "fs/tree/directory.h"

#include <algorithm>

namespace mailslot {

directory::~directory() {
  for (const auto& child : children_) child->parent_ = nullptr;
}

attributes directory::stat(moment) const {
  attributes a;
  a.number = number();
  a.kind = kind();
  a.owner = owner_;
  a.links = 2 + directories_;
  a.accessed = a.modified = modified_;
  a.changed = changed_;
  return a;
}

std::error_code directory::change(const attribute_change& wanted, moment now) {
  if (wanted.modified) modified_ = *wanted.modified;
  return named_node::change(wanted, now);
}

named_ref directory::child(std::string_view name) const {
  const auto found = children_.find(name);
  return found == children_.end() ? named_ref{} : *found;
}

expected<node_ref> directory::find(std::string_view name, moment) {
  if (auto found = child(name)) return found;
  return refuse(errc::no_such_name);
}

expected<std::vector<directory_entry>> directory::list() const {
  std::vector<directory_entry> all;
  all.reserve(children_.size());
  for (const auto& c : children_) all.push_back({c->name(), c->number(), c->kind()});
  return all;
}

bool directory::within(const directory& other) const {
  for (const directory* d = this; d; d = d->parent()) {
    if (d == &other) return true;
  }
  return false;
}

std::size_t directory::depth() const {
  std::size_t levels = 0;
  for (const directory* d = parent(); d; d = d->parent()) ++levels;
  return levels;
}

std::size_t directory::height() const {
  std::size_t most = 0;
  if (directories_ == 0) return most;
  for (const auto& c : children_) {
    if (const auto* d = dynamic_cast<const directory*>(c.get())) most = std::max(most, 1 + d->height());
  }
  return most;
}

void directory::insert(named_ref child, std::string_view name, moment now) {
  child->name_ = name;
  children_.insert(child);
  child->parent_ = this;
  if (child->kind() == node_kind::directory) ++directories_;
  modified_ = changed_ = now;
}

void directory::adopt(directory& other, named_node& child, std::string name, moment now) {
  auto entry = other.children_.extract(other.children_.find(std::string_view(child.name())));
  child.name_ = std::move(name);
  child.parent_ = this;
  children_.insert(std::move(entry));
  if (child.kind() == node_kind::directory) {
    --other.directories_;
    ++directories_;
  }
  other.modified_ = other.changed_ = modified_ = changed_ = now;
}

void directory::erase(named_node& child, moment now) {
  if (child.kind() == node_kind::directory) --directories_;
  child.parent_ = nullptr;
  modified_ = changed_ = now;
  children_.erase(children_.find(std::string_view(child.name())));  // last: it may be the end of the child
}

}  // namespace mailslot

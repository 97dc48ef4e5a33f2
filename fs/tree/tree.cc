// Making, finding, renaming and removing names.
#include "fs/tree/tree.h"

#include <algorithm>
#include <mutex>

namespace mailslot {
namespace {

using reading = std::shared_lock<std::shared_mutex>;
using writing = std::unique_lock<std::shared_mutex>;

// The root is open to all without the sticky bit (fs.protected_regular would refuse `>` to other users'
// slots), so who may remove is decided here.
bool may_remove(const named_node& what, const directory& from, const credentials& who) {
  return who.is_root() || who.uid == what.owner().uid || who.uid == from.owner().uid;
}

enum class access_bits : mode_t { search = 1, write = 2 };

// What the kernel would say, but for supplementary groups, which it does not tell.
bool may(const named_node& what, const credentials& who, access_bits wanted) {
  if (who.is_root()) return true;
  const ownership& o = what.owner();
  const unsigned shift = who.uid == o.uid ? 6 : who.gid == o.gid ? 3 : 0;
  return ((o.mode >> shift) & static_cast<mode_t>(wanted)) != 0;
}

void walk(const directory& in, const std::string& prefix,
          const std::function<void(const std::string&, slot_node&)>& each) {
  std::vector<named_node*> children;
  children.reserve(in.size());
  in.for_each([&](named_node& child) { children.push_back(&child); });
  std::ranges::sort(children, {}, &named_node::name);
  for (named_node* child : children) {
    const std::string path = prefix + child->name();
    if (auto* s = child->slot_behind()) {
      each(path, *s);
    } else if (const auto* d = dynamic_cast<const directory*>(child)) {
      walk(*d, path + "/", each);
    }
  }
}

}  // namespace

tree::tree(tree_options options, commons& shared, moment now)
    : options_(std::move(options)),
      shared_(shared),
      latest_(now),
      root_(std::make_shared<directory>(1, "", options_.root, options_.names, now)) {}

tree::~tree() = default;

void tree::reserve(std::string_view name, node_ref what) {
  reserved_.emplace(name, std::move(what));
}

void tree::reserve_prefix(char first, std::function<expected<node_ref>(std::string_view, moment)> find) {
  prefixes_[first] = std::move(find);
}

expected<tree::found> tree::lookup(node& in, std::string_view name, moment now) const {
  if (name.size() > longest_name) return refuse(errc::name_too_long);
  if (&in == root_.get() && !name.empty()) {
    if (const auto special = reserved_.find(name); special != reserved_.end()) return found{special->second};
    if (const auto prefix = prefixes_.find(name.front()); prefix != prefixes_.end()) {
      return prefix->second(name, now).map([](node_ref n) { return found{std::move(n)}; });
    }
  }
  const reading held(mutex_);
  return in.find(name, now).map([&](node_ref n) {
    const auto* named = dynamic_cast<const named_node*>(n.get());
    const bool exact = named && named->parent() == &in && named->name() == name;
    return found{std::move(n), exact};
  });
}

expected<node_ref> tree::resolve(std::string_view path, moment now) const {
  node_ref at = root_;
  while (!path.empty()) {
    const auto cut = std::min(path.find('/'), path.size());
    auto next = lookup(*at, path.substr(0, cut), now);
    if (!next) return refuse(next.error());
    at = std::move(next->what);
    path.remove_prefix(std::min(cut + 1, path.size()));
  }
  return at;
}

expected<std::shared_ptr<slot_node>> tree::find_slot(std::string_view path, moment now) const {
  return find_writable(path, {}, now);
}

expected<std::shared_ptr<slot_node>> tree::find_writable(std::string_view path, const credentials& who,
                                                         moment) const {
  const reading held(mutex_);
  named_ref at = root_;
  for (;;) {
    const auto* in = dynamic_cast<const directory*>(at.get());
    if (!in) return refuse(errc::no_such_name);
    if (!may(*at, who, access_bits::search)) return refuse(errc::access_denied);
    const auto cut = std::min(path.find('/'), path.size());
    at = in->child(path.substr(0, cut));
    if (!at) return refuse(errc::no_such_name);
    if (cut == path.size()) break;
    path.remove_prefix(cut + 1);
  }
  auto slot = std::dynamic_pointer_cast<slot_node>(at);
  if (!slot) return refuse(errc::no_such_name);
  if (!may(*slot, who, access_bits::write)) return refuse(errc::access_denied);
  return slot;
}

expected<directory*> tree::place_for(node& in, std::string_view name, moment now) {
  latest_.store(now, std::memory_order_relaxed);
  if (ending_) return refuse(errc::no_such_name);
  auto* place = dynamic_cast<directory*>(&in);
  if (!place) return refuse(in.kind() == node_kind::directory ? errc::not_permitted : errc::not_a_directory);
  if (place != root_.get() && !place->parent()) return refuse(errc::no_such_name);  // removed meanwhile
  if (auto bad = check_name(name, place == root_.get())) return refuse(bad);
  return place;
}

expected<node_ref> tree::add(directory& in, named_ref made, std::string_view name, moment now) {
  in.insert(made, name, now);
  made_.fetch_add(1, std::memory_order_relaxed);
  return made;
}

void tree::drop(directory& from, named_node& what, moment now) {
  made_.fetch_sub(1, std::memory_order_relaxed);
  from.erase(what, now);
}

expected<node_ref> tree::make_slot(node& in, std::string_view name, const creation& how,
                                   const credentials& who, moment now) {
  const writing held(mutex_);
  const auto place = place_for(in, name, now);
  // Who writes to a view of a slot that is not there has mistyped a name, and is not told about permissions.
  const bool writes = how.writer && !how.exclusive;
  if (!place)
    return refuse(writes && place.error() == errc::not_permitted ? errc::no_such_name : place.error());
  if ((*place)->child(name)) return refuse(how.exclusive ? errc::name_taken : errc::stale);
  if (writes && !options_.writers_create) return refuse(errc::no_such_name);
  if (made() >= options_.max_slots) return refuse(errc::too_many_slots);
  return add(
      **place,
      std::make_shared<slot_node>(*this, next_number(), name, ownership{options_.slot_mode, who.uid, who.gid},
                                  shared_, options_.defaults, now),
      name, now);
}

expected<node_ref> tree::make_directory(node& in, std::string_view name, mode_t mode, const credentials& who,
                                        moment now) {
  const writing held(mutex_);
  if (in.kind() == node_kind::directory && !dynamic_cast<directory*>(&in))
    return in.make_directory(name, who, now);
  const auto place = place_for(in, name, now);
  if (!place) return refuse(place.error());
  if ((*place)->child(name)) return refuse(errc::name_taken);
  if (made() >= options_.max_slots) return refuse(errc::too_many_slots);
  if ((*place)->depth() + 1 > deepest) return refuse(errc::name_too_long);
  return add(**place,
             std::make_shared<directory>(next_number(), name, ownership{mode & 07777U, who.uid, who.gid},
                                         options_.names, now),
             name, now);
}

expected<node_ref> tree::make_link(node& in, std::string_view name, std::string_view target,
                                   const credentials& who, moment now) {
  const writing held(mutex_);
  const auto place = place_for(in, name, now);
  if (!place) return refuse(place.error());
  if ((*place)->child(name)) return refuse(errc::name_taken);
  if (made() >= options_.max_slots) return refuse(errc::too_many_slots);
  return add(**place,
             std::make_shared<link_node>(next_number(), name, target, ownership{0777, who.uid, who.gid}, now),
             name, now);
}

std::error_code tree::remove(node& in, std::string_view name, removal what, const credentials& who,
                             moment now) {
  named_ref gone;
  bool other_spelling = false;
  {
    const writing held(mutex_);
    if (what == removal::directory && in.every_name_resolves()) return in.remove_directory(name, who);
    const auto place = place_for(in, name, now);
    if (!place) return place.error() == errc::bad_name ? make_error_code(errc::not_permitted) : place.error();
    gone = (*place)->child(name);
    if (!gone) return errc::no_such_name;
    const auto* inside = dynamic_cast<const directory*>(gone.get());
    if (what == removal::file && inside) return errc::is_a_directory;
    if (what == removal::directory && !inside) return errc::not_a_directory;
    if (!may_remove(*gone, **place, who)) return errc::not_owner;
    if (inside && !inside->empty()) return errc::directory_not_empty;
    other_spelling = gone->name() != name;
    drop(**place, *gone, now);
  }
  if (auto* s = gone->slot_behind()) s->content().unlink();
  if (other_spelling) names_changed();
  return {};
}

std::error_code tree::rename(node& from, std::string_view old_name, node& to, std::string_view new_name,
                             bool replace, const credentials& who, moment now) {
  named_ref moved;
  named_ref gone;
  bool other_spelling = false;
  {
    const writing held(mutex_);
    const auto source = place_for(from, old_name, now);
    if (!source)
      return source.error() == errc::bad_name ? make_error_code(errc::not_permitted) : source.error();
    const auto target = place_for(to, new_name, now);
    if (!target) return target.error();
    moved = (*source)->child(old_name);
    if (!moved) return errc::no_such_name;
    if (!may_remove(*moved, **source, who)) return errc::not_owner;
    const auto* moved_directory = dynamic_cast<const directory*>(moved.get());
    if (moved_directory && (*target)->within(*moved_directory)) return errc::cannot_move_there;
    if (moved_directory && (*target)->depth() + 1 + moved_directory->height() > deepest)
      return errc::name_too_long;
    gone = (*target)->child(new_name);
    if (gone == moved) gone = nullptr;  // only the spelling changes
    std::string spelling(new_name);
    (*target)->make_room();  // nothing below fails, so that no name is lost
    if (gone) {
      if (!replace) return errc::name_taken;
      if (!may_remove(*gone, **target, who)) return errc::not_owner;
      const auto* gone_directory = dynamic_cast<const directory*>(gone.get());
      if (gone_directory && !moved_directory) return errc::is_a_directory;
      if (!gone_directory && moved_directory) return errc::not_a_directory;
      if (gone_directory && !gone_directory->empty()) return errc::directory_not_empty;
      other_spelling = gone->name() != new_name;
      drop(**target, *gone, now);
    }
    other_spelling = other_spelling || moved->name() != old_name;
    (*target)->adopt(**source, *moved, std::move(spelling), now);
  }
  if (gone) {
    if (auto* s = gone->slot_behind()) s->content().unlink();
  }
  if (other_spelling) names_changed();
  return {};
}

void tree::last_reader_left(slot_node& what) {
  named_ref from;
  {
    const writing held(mutex_);
    if (!what.parent()) return;
    from = std::static_pointer_cast<named_node>(what.parent()->shared_from_this());
    drop(*what.parent(), what, latest_.load(std::memory_order_relaxed));
  }
  names_changed();
  // Its count of names, and the times of the directory. The kernel knows those itself when it was asked.
  attributes_changed(what);
  attributes_changed(*from);
}

attributes tree::stat(const node& what, moment now) const {
  const reading held(mutex_);
  return what.stat(now);
}

std::error_code tree::change(node& what, const attribute_change& wanted, const credentials& who, moment now) {
  const writing held(mutex_);
  const slot_node* slot = what.slot_behind();
  const bool owns = !slot || who.is_root() || who.uid == slot->owner().uid;
  if (!owns && (wanted.mode || wanted.uid || wanted.gid)) {
    // The kernel itself takes these two bits away when somebody else writes.
    const bool strips =
        wanted.mode && !wanted.uid && !wanted.gid && (*wanted.mode & 07777U) == (slot->owner().mode & 01777U);
    if (!strips) return errc::not_owner;
  }
  return what.change(wanted, now);
}

expected<std::vector<directory_entry>> tree::list(const node& what) const {
  const reading held(mutex_);
  return what.list();
}

// Without the lock: a handle that closes at once may end up in last_reader_left().
expected<std::unique_ptr<handle>> tree::open(node& what, const opening& how) {
  latest_.store(how.now, std::memory_order_relaxed);
  return what.open(how);
}

ownership tree::owner_of(const named_node& what) const {
  const reading held(mutex_);
  return what.owner();
}

std::optional<std::string> tree::path_of(const named_node& what) const {
  const reading held(mutex_);
  std::string path = what.name();
  const directory* in = what.parent();
  for (; in && in != root_.get(); in = in->parent()) path = in->name() + "/" + path;
  if (!in) return std::nullopt;
  return path;
}

std::error_code tree::configure(slot_node& what, const std::function<std::error_code(settings&)>& edit,
                                const credentials& who, moment now) {
  {
    const writing held(mutex_);  // so that of two who change different settings neither undoes the other
    settings wanted = what.content().current_settings();
    if (auto failed = edit(wanted)) return failed;
    if (!who.is_root() && who.uid != what.owner().uid) return errc::not_owner;
    if (auto failed = what.named_node::change({}, now)) return failed;
    what.content().change(wanted, now);
  }
  attributes_changed(what);
  return {};
}

void tree::for_each_slot(const std::function<void(const std::string&, slot_node&)>& each) const {
  const reading held(mutex_);
  walk(*root_, "", each);
}

void tree::shut_down() {
  {
    const writing held(mutex_);
    ending_ = true;
  }
  // Ended without the lock: a reader that closes at once may be the last, and end up in last_reader_left().
  std::vector<slot_ref> all;
  for_each_slot([&](const std::string&, slot_node& s) { all.push_back(s.shared_content()); });
  for (const auto& s : all) s->unlink();
}

}  // namespace mailslot

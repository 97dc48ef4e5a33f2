// What nodes have in common, and the small ones: symlinks and slots.
#include "fs/tree/node.h"

#include "fs/slot/plain_handle.h"
#include "fs/tree/tree.h"

namespace mailslot {

std::error_code node::change(const attribute_change&, moment) {
  return errc::not_permitted;
}

expected<node_ref> node::find(std::string_view, moment) {
  return refuse(errc::not_a_directory);
}

expected<std::vector<directory_entry>> node::list() const {
  return refuse(errc::not_a_directory);
}

expected<node_ref> node::make_directory(std::string_view, const credentials&, moment) {
  return refuse(errc::not_permitted);
}

std::error_code node::remove_directory(std::string_view, const credentials&) {
  return errc::not_permitted;
}

expected<std::unique_ptr<handle>> node::open(const opening&) {
  return refuse(errc::is_a_directory);
}

std::error_code named_node::change(const attribute_change& wanted, moment now) {
  if (wanted.mode) owner_.mode = *wanted.mode & 07777U;
  if (wanted.uid) owner_.uid = *wanted.uid;
  if (wanted.gid) owner_.gid = *wanted.gid;
  changed_ = now;
  return {};
}

attributes link_node::stat(moment) const {
  attributes a;
  a.number = number();
  a.kind = kind();
  a.owner = owner_;
  a.owner.mode = 0777;
  a.size = target_.size();
  a.accessed = a.modified = a.changed = changed_;
  return a;
}

// Size 0 whatever waits: a size would make tools read exactly that much, or map it (measured).
attributes slot_node::stat(moment now) const {
  const figures f = slot_.count(now);
  attributes a;
  a.number = number();
  a.kind = kind();
  a.owner = owner_;
  a.accessed = f.last_out;
  a.modified = f.last_in;
  a.changed = changed_;
  a.links = parent() ? 1 : 0;
  return a;
}

std::error_code slot_node::change(const attribute_change& wanted, moment now) {
  slot_.touch(wanted.modified.value_or(never), wanted.accessed.value_or(never));
  return named_node::change(wanted, now);
}

expected<attendance> slot_node::join(access how, bool takes) {
  return attendance::join(shared_content(), how, [this] { tree_.last_reader_left(*this); }, takes);
}

expected<std::unique_ptr<handle>> slot_node::open(const opening& how) {
  auto here = join(how.how);
  if (!here) return refuse(here.error());
  return std::make_unique<plain_handle>(std::move(*here));
}

}  // namespace mailslot

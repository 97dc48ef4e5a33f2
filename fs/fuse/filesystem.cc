// What the operations share: what the kernel remembers, and what it must be told.
#include "fs/fuse/filesystem.h"

#include "fs/fuse/errno.h"
#include "fs/fuse/wire.h"

#include <sys/stat.h>

namespace mailslot {
namespace {

constexpr double long_time = 365.0 * 24 * 3600;

timespec to_timespec(moment m) {
  const auto s = std::chrono::floor<std::chrono::seconds>(m.time_since_epoch());
  return {s.count(), (m.time_since_epoch() - s).count()};
}

mode_t type_bits(node_kind kind) {
  switch (kind) {
    case node_kind::directory:
      return S_IFDIR;
    case node_kind::file:
      return S_IFREG;
    case node_kind::link:
      return S_IFLNK;
  }
  return S_IFREG;
}

}  // namespace

filesystem::filesystem(tree& names, const daemon_clock& clock)
    : tree_(names), clock_(clock), nodes_(names.root()) {
  tree_.names_changed = [this] {
    if (auto* session = session_.load()) notify_names_changed(fuse_session_fd(session));
  };
  tree_.attributes_changed = [this](named_node& what) { forget_attributes(what); };
}

filesystem::~filesystem() {
  close_all();
}

const fuse_lowlevel_ops& filesystem::operations() {
  static const fuse_lowlevel_ops all = [] {
    fuse_lowlevel_ops ops{};
    ops.init = [](void* self, fuse_conn_info* connection) {
      static_cast<filesystem*>(self)->initialised(*connection);
    };
    add_name_operations(ops);
    add_attribute_operations(ops);
    add_file_operations(ops);
    return ops;
  }();
  return all;
}

void filesystem::initialised(const fuse_conn_info& connection) {
  // Without a way to take names back in time, a name in another letter case could outlive its slot.
  remember_names_ = tree_.options().names == letter_case::exact || connection.proto_minor >= minor_with_epoch;
  ready();
}

struct stat filesystem::attributes_of(node& what) {
  const attributes a = tree_.stat(what, now());
  struct stat s{};
  s.st_ino = a.number;
  s.st_mode = type_bits(a.kind) | a.owner.mode;
  s.st_uid = a.owner.uid;
  s.st_gid = a.owner.gid;
  s.st_nlink = a.links;
  s.st_size = static_cast<off_t>(a.size);
  s.st_blksize = 4096;
  s.st_atim = to_timespec(a.accessed);
  s.st_mtim = to_timespec(a.modified);
  s.st_ctim = to_timespec(a.changed);
  return s;
}

double filesystem::attributes_timeout(node& what) const {
  if (what.remembered() == memory::none) return 0;
  // Before the attributes are looked at: whoever changes them after that sees the flag and tells the kernel.
  static_cast<named_node&>(what).attributes_known.store(true);
  return long_time;
}

fuse_entry_param filesystem::entry(const node_ref& what, bool exact) {
  fuse_entry_param e{};
  e.attr_timeout = attributes_timeout(*what);
  e.attr = attributes_of(*what);
  e.ino = nodes_.remember(what);
  e.entry_timeout = exact && remember_names_ && what->remembered() == memory::until_told ? long_time : 0;
  return e;
}

open_file& filesystem::add(node_ref of, std::unique_ptr<handle> content, access how) {
  auto* file = new open_file;
  file->of = std::move(of);
  file->how = how;
  file->content = std::move(content);
  const std::lock_guard held(open_mutex_);
  open_.push_back(*file);
  return *file;
}

void filesystem::close(open_file& file) {
  {
    const std::lock_guard held(open_mutex_);
    file.unlink();
  }
  intrusive_ptr_release(&file);
}

open_directory& filesystem::add_directory(node_ref of) {
  auto made = std::make_unique<open_directory>();
  auto& opened = *made;
  opened.of = std::move(of);
  const std::lock_guard held(open_mutex_);
  open_directories_.emplace(&opened, std::move(made));
  return opened;
}

std::error_code filesystem::list(open_directory& directory) {
  auto entries = tree_.list(*directory.of);
  if (!entries) return entries.error();
  listed_ -= directory.entries.size();
  directory.entries.clear();
  if (listed_.fetch_add(entries->size()) + entries->size() > most_listed) {
    listed_ -= entries->size();
    return errc::no_room;
  }
  directory.entries = std::move(*entries);
  directory.read = true;
  return {};
}

void filesystem::close_directory(open_directory& directory) {
  // Whoever listed it last has let go before the kernel heard of it; this says so to tools that cannot see
  // that.
  {
    const std::lock_guard listed(directory.mutex);
  }
  decltype(open_directories_)::node_type gone;  // goes without the lock
  const std::lock_guard held(open_mutex_);
  gone = open_directories_.extract(&directory);
  listed_ -= directory.entries.size();
}

void filesystem::close_all() {
  decltype(open_directories_) directories;
  {
    const std::lock_guard held(open_mutex_);
    directories.swap(open_directories_);
  }
  directories.clear();
  for (;;) {
    open_file* file = nullptr;
    {
      const std::lock_guard held(open_mutex_);
      if (open_.empty()) return;
      file = &open_.front();
    }
    close(*file);
  }
}

void filesystem::forget_attributes(named_node& what) {
  auto* session = session_.load();
  if (!session || !what.attributes_known.exchange(false)) return;
  const int told = fuse_lowlevel_notify_inval_inode(session, nodes_.id_of(what), -1, 0);
  // The kernel knows no such inode, maybe because the answer that tells it of this one is still on its way,
  // with attributes that are old by now. Then it shall look the name up again.
  if (told == -ENOENT) notify_names_changed(fuse_session_fd(session));
}

filesystem::other_door::other_door(filesystem& fs, const open_file& file) : fs_(fs) {
  slot_node* slot = file.of->slot_behind();
  if (!slot || slot == file.of.get()) return;
  through_ = file.of;
  posted_ = slot->content().count(fs.now()).posted;
  fs.forget_attributes(*slot);  // a read is answered before this ends
}

filesystem::other_door::~other_door() {
  if (!through_) return;
  slot_node& slot = *through_->slot_behind();
  fs_.forget_attributes(slot);
  if (slot.content().count(fs_.now()).posted != posted_) fs_.arrived(slot);
}

void reply_error(fuse_req_t request, const std::error_code& code) {
  fuse_reply_err(request, errno_of(code));
}

}  // namespace mailslot

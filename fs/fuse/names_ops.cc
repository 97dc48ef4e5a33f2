// Requests about names: looking up, making, renaming, removing, listing.
#include "fs/fuse/barrier.h"
#include "fs/fuse/filesystem.h"

#include <sys/stat.h>

#include <algorithm>

namespace mailslot {
namespace {

void reply_made(fuse_req_t request, const expected<node_ref>& made) {
  if (!made) return reply_error(request, made.error());
  auto& fs = filesystem::of(request);
  const auto e = fs.entry(*made, true);
  if (fuse_reply_entry(request, &e) == -ENOENT) fs.nodes().forget(e.ino, 1);
}

void lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  auto& fs = filesystem::of(request);
  auto& in = fs.nodes().at(parent);
  const auto found = fs.names().lookup(in, name, fs.now());
  if (!found) return reply_error(request, found.error());
  if (in.every_name_resolves() && found->what->kind() != node_kind::directory &&
      fs.makes_a_directory(fuse_req_ctx(request)->pid)) {
    return reply_error(request, errc::no_such_name);
  }
  const auto e = fs.entry(found->what, found->exact);
  if (fuse_reply_entry(request, &e) == -ENOENT) fs.nodes().forget(e.ino, 1);
}

void forget(fuse_req_t request, fuse_ino_t id, std::uint64_t times) {
  filesystem::of(request).nodes().forget(id, times);
  fuse_reply_none(request);
}

void forget_many(fuse_req_t request, std::size_t count, fuse_forget_data* which) {
  auto& nodes = filesystem::of(request).nodes();
  std::for_each_n(which, count, [&](const fuse_forget_data& f) { nodes.forget(f.ino, f.nlookup); });
  fuse_reply_none(request);
}

void mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t) {
  if (!S_ISREG(mode)) return reply_error(request, errc::not_permitted);
  auto& fs = filesystem::of(request);
  reply_made(request, fs.names().make_slot(fs.nodes().at(parent), name, {.exclusive = true}, caller(request),
                                           fs.now()));
}

void mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  auto& fs = filesystem::of(request);
  reply_made(request,
             fs.names().make_directory(fs.nodes().at(parent), name, mode, caller(request), fs.now()));
}

void symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  auto& fs = filesystem::of(request);
  reply_made(request, fs.names().make_link(fs.nodes().at(parent), name, target, caller(request), fs.now()));
}

void readlink(fuse_req_t request, fuse_ino_t id) {
  const auto* link = dynamic_cast<const link_node*>(&filesystem::of(request).nodes().at(id));
  if (!link) return reply_error(request, errc::bad_value);
  fuse_reply_readlink(request, link->target().c_str());
}

// A slot has one name: messages under two would be a surprise to both.
void link(fuse_req_t request, fuse_ino_t, fuse_ino_t, const char*) {
  reply_error(request, errc::not_permitted);
}

void unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  auto& fs = filesystem::of(request);
  reply_error(request,
              fs.names().remove(fs.nodes().at(parent), name, tree::removal::file, caller(request), fs.now()));
}

void rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) {
  auto& fs = filesystem::of(request);
  reply_error(request, fs.names().remove(fs.nodes().at(parent), name, tree::removal::directory,
                                         caller(request), fs.now()));
}

void rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
            const char* new_name, unsigned flags) {
  if ((flags & ~unsigned{RENAME_NOREPLACE}) != 0) return reply_error(request, errc::bad_value);
  auto& fs = filesystem::of(request);
  reply_error(request, fs.names().rename(fs.nodes().at(parent), name, fs.nodes().at(new_parent), new_name,
                                         (flags & RENAME_NOREPLACE) == 0, caller(request), fs.now()));
}

open_directory& listing_of(const fuse_file_info* file) {
  return *reinterpret_cast<open_directory*>(file->fh);
}

void opendir(fuse_req_t request, fuse_ino_t id, fuse_file_info* file) {
  auto& fs = filesystem::of(request);
  auto& node = fs.nodes().at(id);
  if (node.kind() != node_kind::directory) return reply_error(request, errc::not_a_directory);
  open_directory& opened = fs.add_directory(node.shared_from_this());
  file->fh = reinterpret_cast<std::uint64_t>(&opened);
  if (fuse_reply_open(request, file) != 0) fs.close_directory(opened);
}

// As much of the listing from `offset` on as fits into `room`, as the kernel wants it.
expected<std::string> listing_text(fuse_req_t request, open_directory& l, std::size_t room, off_t offset) {
  const std::lock_guard held(l.mutex);
  if (offset == 0 || !l.read) {
    if (auto failed = filesystem::of(request).list(l)) return refuse(failed);
  }
  std::string text(room, '\0');
  std::size_t used = 0;
  const auto add = [&](const char* name, std::uint64_t number, mode_t type, std::size_t next) {
    struct stat s{};
    s.st_ino = number;
    s.st_mode = type;
    const auto size =
        fuse_add_direntry(request, text.data() + used, room - used, name, &s, static_cast<off_t>(next));
    if (size > room - used) return false;
    used += size;
    return true;
  };
  for (auto i = static_cast<std::size_t>(offset); i < l.entries.size() + 2; ++i) {
    if (i < 2) {
      if (!add(i == 0 ? "." : "..", l.of->number(), S_IFDIR, i + 1)) break;
      continue;
    }
    const auto& e = l.entries[i - 2];
    const mode_t type = e.kind == node_kind::directory ? S_IFDIR
                        : e.kind == node_kind::link    ? S_IFLNK
                                                       : S_IFREG;
    if (!add(e.name.c_str(), e.number, type, i + 1)) break;
  }
  text.resize(used);
  return text;
}

// Once answered, the directory may be closed and its listing gone.
void readdir(fuse_req_t request, fuse_ino_t, std::size_t room, off_t offset, fuse_file_info* file) {
  const auto text = listing_text(request, listing_of(file), room, offset);
  if (!text) return reply_error(request, text.error());
  fuse_reply_buf(request, text->data(), text->size());
}

void releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  filesystem::of(request).close_directory(listing_of(file));
  fuse_reply_err(request, 0);
}

}  // namespace

void add_name_operations(fuse_lowlevel_ops& ops) {
  ops.lookup = guarded<lookup>::call;
  ops.forget = forget;
  ops.forget_multi = forget_many;
  ops.mknod = guarded<mknod>::call;
  ops.mkdir = guarded<mkdir>::call;
  ops.symlink = guarded<symlink>::call;
  ops.readlink = guarded<readlink>::call;
  ops.link = guarded<link>::call;
  ops.unlink = guarded<unlink>::call;
  ops.rmdir = guarded<rmdir>::call;
  ops.rename = guarded<rename>::call;
  ops.opendir = guarded<opendir>::call;
  ops.readdir = guarded<readdir>::call;
  ops.releasedir = releasedir;
}

}  // namespace mailslot

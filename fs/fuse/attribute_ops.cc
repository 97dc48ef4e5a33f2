// Requests about owners, modes, times and the extended attributes user.mailslot.KEY.
#include "fs/fuse/barrier.h"
#include "fs/fuse/filesystem.h"
#include "fs/tree/attributes_text.h"

#include <sys/statvfs.h>
#include <sys/xattr.h>

namespace mailslot {
namespace {

constexpr std::string_view xattr_prefix = "user.mailslot.";

// Seconds that still fit into 63 bits of nanoseconds: the year 2261.
constexpr time_t furthest_date = 9'200'000'000;

moment to_moment(const timespec& t) {
  return moment(std::chrono::seconds(std::clamp<time_t>(t.tv_sec, -furthest_date, furthest_date)) +
                std::chrono::nanoseconds(t.tv_nsec));
}

void reply_attributes(fuse_req_t request, node& of) {
  auto& fs = filesystem::of(request);
  const double timeout = fs.attributes_timeout(of);
  const struct stat s = fs.attributes_of(of);
  fuse_reply_attr(request, &s, timeout);
}

void getattr(fuse_req_t request, fuse_ino_t id, fuse_file_info*) {
  reply_attributes(request, filesystem::of(request).nodes().at(id));
}

// A new size is accepted and means nothing: `>`, truncate(1) and cp(1) leave the queue alone.
void setattr(fuse_req_t request, fuse_ino_t id, struct stat* wanted, int which, fuse_file_info*) {
  auto& fs = filesystem::of(request);
  auto& node = fs.nodes().at(id);
  const moment now = fs.now();
  const auto has = [which](int bit) { return (which & bit) != 0; };
  attribute_change change;
  if (has(FUSE_SET_ATTR_MODE)) change.mode = wanted->st_mode;
  if (has(FUSE_SET_ATTR_UID)) change.uid = wanted->st_uid;
  if (has(FUSE_SET_ATTR_GID)) change.gid = wanted->st_gid;
  if (has(FUSE_SET_ATTR_ATIME)) change.accessed = to_moment(wanted->st_atim);
  if (has(FUSE_SET_ATTR_MTIME)) change.modified = to_moment(wanted->st_mtim);
  if (has(FUSE_SET_ATTR_ATIME_NOW)) change.accessed = now;
  if (has(FUSE_SET_ATTR_MTIME_NOW)) change.modified = now;
  const bool anything = change.mode || change.uid || change.gid || change.accessed || change.modified;
  if (anything) {
    if (auto failed = fs.names().change(node, change, caller(request), now))
      return reply_error(request, failed);
    if (auto* slot = node.slot_behind(); slot && slot != &node) fs.forget_attributes(*slot);
  }
  reply_attributes(request, node);
}

void statfs(fuse_req_t request, fuse_ino_t) {
  auto& names = filesystem::of(request).names();
  const budget& memory = names.shared().memory;
  struct statvfs s{};
  s.f_bsize = s.f_frsize = 4096;
  s.f_blocks = memory.total_bytes() / s.f_bsize;
  s.f_bfree = s.f_bavail = s.f_blocks - std::min<fsblkcnt_t>(s.f_blocks, memory.used() / s.f_bsize);
  s.f_files = names.options().max_slots;
  s.f_ffree = s.f_favail = s.f_files - std::min<fsfilcnt_t>(s.f_files, names.made());
  s.f_namemax = longest_name;
  fuse_reply_statfs(request, &s);
}

// The key of an extended attribute of ours, or nothing.
std::string_view key_of(std::string_view name) {
  return name.starts_with(xattr_prefix) ? name.substr(xattr_prefix.size()) : std::string_view{};
}

// Answers a question for `value` into a buffer of `room`, 0 = how much room it takes.
void reply_xattr(fuse_req_t request, std::string_view value, std::size_t room) {
  if (room == 0) {
    fuse_reply_xattr(request, value.size());
  } else if (value.size() > room) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, value.data(), value.size());
  }
}

void getxattr(fuse_req_t request, fuse_ino_t id, const char* name, std::size_t room) {
  auto& fs = filesystem::of(request);
  slot_node* slot = fs.nodes().at(id).slot_behind();
  const auto key = key_of(name);
  if (!slot || key.empty()) return reply_error(request, errc::no_such_attribute);
  const auto value =
      attribute_value(key, slot->content().current_settings(), slot->content().count(fs.now()));
  if (!value) return reply_error(request, value.error());
  reply_xattr(request, *value, room);
}

void setxattr(fuse_req_t request, fuse_ino_t id, const char* name, const char* value, std::size_t size,
              int flags) {
  auto& fs = filesystem::of(request);
  slot_node* slot = fs.nodes().at(id).slot_behind();
  const auto key = key_of(name);
  if (!slot || key.empty()) return reply_error(request, errc::not_supported);
  if ((flags & XATTR_CREATE) != 0) return reply_error(request, errc::name_taken);  // all of them are there
  const std::string_view text(value, size);
  reply_error(request, fs.names().configure(
                           *slot, [&](settings& s) { return set_attribute(key, text, s); }, caller(request),
                           fs.now()));
}

void listxattr(fuse_req_t request, fuse_ino_t id, std::size_t room) {
  std::string names;
  if (filesystem::of(request).nodes().at(id).slot_behind()) {
    for (const auto key : attribute_keys()) {
      names += xattr_prefix;
      names += key;
      names += '\0';
    }
  }
  reply_xattr(request, names, room);
}

// Every slot has every attribute.
void removexattr(fuse_req_t request, fuse_ino_t, const char*) {
  reply_error(request, errc::not_permitted);
}

}  // namespace

void add_attribute_operations(fuse_lowlevel_ops& ops) {
  ops.getattr = guarded<getattr>::call;
  ops.setattr = guarded<setattr>::call;
  ops.statfs = guarded<statfs>::call;
  ops.getxattr = guarded<getxattr>::call;
  ops.setxattr = guarded<setxattr>::call;
  ops.listxattr = guarded<listxattr>::call;
  ops.removexattr = guarded<removexattr>::call;
}

}  // namespace mailslot

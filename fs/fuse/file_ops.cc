// Requests about open files: open, read, write, close, poll, ioctl.
#include "fs/fuse/answer.h"
#include "fs/fuse/barrier.h"
#include "fs/fuse/filesystem.h"
#include "fs/fuse/late_write.h"
#include "fs/fuse/request_block.h"
#include "fs/fuse/wire.h"
#include "fs/mailslot.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cstring>

namespace mailslot {
namespace {

open_file& file_of(const fuse_file_info* info) {
  return *reinterpret_cast<open_file*>(info->fh);
}

access access_of(int flags) {
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return access::read;
    case O_WRONLY:
      return access::write;
    default:
      return access::both;
  }
}

sender sender_of(fuse_req_t request) {
  const fuse_ctx* c = fuse_req_ctx(request);
  return {c->uid, c->gid, c->pid, {}};
}

// Where `bytes` lie in a block that a message may keep.
void** request_block_of(const char* bytes) {
  if (!request_block || static_cast<const char*>(*request_block) + message::lent_offset != bytes)
    return nullptr;
  return request_block;
}

open_flags flags_of(const handle& h) {
  return {.stream = h.is_stream(), .no_flush = !h.wants_flush()};
}

expected<open_file*> open_node(filesystem& fs, const node_ref& node, fuse_req_t request, int flags) {
  auto content = fs.names().open(*node, {access_of(flags), caller(request), fs.now()});
  if (!content) return refuse(content.error());
  return &fs.add(node, std::move(*content), access_of(flags));
}

void open(fuse_req_t request, fuse_ino_t id, fuse_file_info* info) {
  auto& fs = filesystem::of(request);
  const auto file = open_node(fs, fs.nodes().at(id).shared_from_this(), request, info->flags);
  if (!file) return reply_error(request, file.error());
  const auto flags = flags_of(*(*file)->content);
  if (reply_open(request, reinterpret_cast<std::uint64_t>(*file), flags) != 0) fs.close(**file);
}

void create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t, fuse_file_info* info) {
  auto& fs = filesystem::of(request);
  const creation how{.exclusive = (info->flags & O_EXCL) != 0,
                     .writer = (info->flags & (O_TRUNC | O_APPEND)) != 0};
  const auto node = fs.names().make_slot(fs.nodes().at(parent), name, how, caller(request), fs.now());
  if (!node) return reply_error(request, node.error());
  const auto file = open_node(fs, *node, request, info->flags);
  if (!file) return reply_error(request, file.error());
  const auto flags = flags_of(*(*file)->content);
  const auto e = fs.entry(*node, true);  // made just now, so this is how it is spelled
  if (reply_create(request, e, reinterpret_cast<std::uint64_t>(*file), flags) == 0) return;
  fs.nodes().forget(e.ino, 1);
  fs.close(**file);
}

void read(fuse_req_t request, fuse_ino_t, std::size_t room, off_t offset, fuse_file_info* info) {
  auto& fs = filesystem::of(request);
  auto& file = file_of(info);
  // Reads for the page cache (sendfile, splice, a private mmap) name no owner. They would take a message that
  // nobody has asked for.
  if (info->lock_owner == 0 && file.content->of()) return reply_error(request, errc::bad_value);
  const filesystem::other_door door(fs, file);
  prompt_answer answer(request, file);
  file.content->read({static_cast<std::uint64_t>(offset), room, (info->flags & O_NONBLOCK) != 0, fs.now()},
                     answer);
}

void write(fuse_req_t request, fuse_ino_t, const char* bytes, std::size_t size, off_t offset,
           fuse_file_info* info) {
  auto& fs = filesystem::of(request);
  auto& file = file_of(info);
  const sender by = sender_of(request);
  // The kernel takes the end of a file for the position of O_APPEND, and what it takes for the end grows with
  // each write: such an offset says nothing.
  if ((info->flags & O_APPEND) != 0) offset = 0;
  if (file.content->writes_may_wait()) {
    return file.content->write_or_wait({static_cast<std::uint64_t>(offset), by, fs.now()},
                                       as_bytes(std::string_view(bytes, size)),
                                       std::make_unique<late_write>(request));
  }
  const auto written = [&] {
    const filesystem::other_door door(fs, file);  // ends before the writer goes on
    return file.content->write({static_cast<std::uint64_t>(offset), by, fs.now(), request_block_of(bytes)},
                               as_bytes(std::string_view(bytes, size)));
  }();
  if (!written) return reply_error(request, written.error());
  fuse_reply_write(request, *written);
}

void flush(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  auto& fs = filesystem::of(request);
  auto& file = file_of(info);
  if (!file.content->wants_flush()) return reply_error(request, {});
  const sender by = sender_of(request);
  const auto failed = [&] {
    const filesystem::other_door door(fs, file);
    return file.content->flush(by, fs.dies_of_a_signal(by.pid), fs.now());
  }();
  reply_error(request, failed);
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  filesystem::of(request).close(file_of(info));
  fuse_reply_err(request, 0);
}

// Nothing lies in a cache or on a disk.
void fsync(fuse_req_t request, fuse_ino_t, int, fuse_file_info*) {
  fuse_reply_err(request, 0);
}

class poll_wakeup final : public poller {
 public:
  struct destroy {
    void operator()(fuse_pollhandle* who) const { fuse_pollhandle_destroy(who); }
  };
  using handle = std::unique_ptr<fuse_pollhandle, destroy>;
  explicit poll_wakeup(handle who) : who_(std::move(who)) {}
  void fire() noexcept override { fuse_lowlevel_notify_poll(who_.get()); }

 private:
  const handle who_;
};

void poll(fuse_req_t request, fuse_ino_t, fuse_file_info* info, fuse_pollhandle* who) {
  poll_wakeup::handle to_tell(who);
  auto& file = file_of(info);
  // Registered before the state is looked at, so that no change is missed.
  if (to_tell) file.content->tell(std::make_unique<poll_wakeup>(std::move(to_tell)));
  const readiness state = file.content->ready(filesystem::of(request).now());
  unsigned events = 0;
  if (state.readable) events |= POLLIN | POLLRDNORM;
  if (state.writable) events |= POLLOUT | POLLWRNORM;
  if (state.closed) events |= POLLERR;
  fuse_reply_poll(request, events);
}

// --- ioctl: what each request means stands in mailslot.h
// --------------------------------------------------------

std::int64_t nanoseconds(moment m) {
  return m.time_since_epoch().count();
}

mailslot_info info_of(const settings& s, const figures& f) {
  mailslot_info i{};
  i.next_size = f.next_size;
  i.bytes = f.bytes;
  i.posted = f.posted;
  i.taken = f.taken;
  i.dropped = f.dropped;
  i.expired = f.expired;
  i.lost = f.lost;
  i.created_ns = nanoseconds(f.created);
  i.oldest_ns = f.count == 0 ? 0 : nanoseconds(f.oldest);
  i.max_message_size = s.max_message_size;
  i.read_timeout = MAILSLOT_FOREVER;
  if (s.read_timeout != forever) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(s.read_timeout).count();
    i.read_timeout = static_cast<std::uint32_t>(std::min<std::int64_t>(ms, MAILSLOT_FOREVER - 1));
  }
  i.count = f.count;
  i.readers = f.readers;
  i.writers = f.writers;
  i.waiting = f.waiting;
  return i;
}

template <std::size_t N>
void copy_text(char (&to)[N], const std::string& from) {
  std::memcpy(to, from.data(), std::min(from.size(), N - 1));
}

mailslot_sender sender_of(const message& m) {
  mailslot_sender s{};
  s.id = m.id();
  s.time_ns = nanoseconds(m.time());
  s.size = m.size();
  s.uid = m.uid();
  s.gid = m.gid();
  s.pid = m.pid();
  if (const origin* o = m.from()) {
    s.flags = MAILSLOT_SENDER_REMOTE | (o->verified ? MAILSLOT_SENDER_VERIFIED : 0);
    copy_text(s.address, o->address);
    copy_text(s.name, o->name);
  } else if (m.pid() != 0 && m.uid() != budget::nobody) {
    s.flags = MAILSLOT_SENDER_KNOWN;
  }
  return s;
}

template <class Answer>
void reply_ioctl(fuse_req_t request, const Answer& answer) {
  fuse_reply_ioctl(request, 0, &answer, sizeof(answer));
}

std::error_code set_timeout(filesystem& fs, slot_node& slot, std::uint32_t ms, const credentials& who) {
  const auto edit = [ms](settings& s) -> std::error_code {
    s.read_timeout = ms == MAILSLOT_FOREVER ? forever : duration(std::chrono::milliseconds(ms));
    return {};
  };
  return fs.names().configure(slot, edit, who, fs.now());
}

std::error_code post_empty(filesystem& fs, open_file& file, const sender& by) {
  slot& to = *file.content->of();
  auto m = message::make(0, by, to.shared().memory);
  if (!m) return m.error();
  const auto id = to.post(std::move(*m), fs.now());
  if (!id) return id.error();
  // Like everything that no write(2) to the slot's own name brought.
  if (slot_node* s = file.of->slot_behind()) {
    fs.forget_attributes(*s);
    fs.arrived(*s);
  }
  return {};
}

void ioctl(fuse_req_t request, fuse_ino_t, unsigned command, void*, fuse_file_info* info, unsigned flags,
           const void* in, std::size_t in_size, std::size_t) {
  auto& fs = filesystem::of(request);
  if ((flags & FUSE_IOCTL_DIR) != 0) {  // then `info` is about a listing
    fuse_reply_err(request, ENOTTY);
    return;
  }
  auto& file = file_of(info);
  if (command == MAILSLOT_IOC_POST_EMPTY && file.content->writes_may_wait()) {
    const sender by = sender_of(request);
    return file.content->write_or_wait({0, by, fs.now()}, {},
                                       std::make_unique<late_write>(request, late_write::to::ioctl));
  }
  slot_node* node = file.of->slot_behind();
  slot* s = file.content->of();
  if (!node || !s) {
    fuse_reply_err(request, ENOTTY);
    return;
  }
  const credentials who = caller(request);
  switch (command) {
    case MAILSLOT_IOC_INFO:
      return reply_ioctl(request, info_of(s->current_settings(), s->count(fs.now())));
    case MAILSLOT_IOC_NEXT_SIZE:
      return reply_ioctl(request, s->count(fs.now()).next_size);
    case MAILSLOT_IOC_SENDER: {
      const message_ref m = file.content->last_delivered();
      if (!m) return reply_error(request, errc::no_such_attribute);
      return reply_ioctl(request, sender_of(*m));
    }
    case MAILSLOT_IOC_SET_TIMEOUT: {
      std::uint32_t ms = 0;
      if (in_size != sizeof(ms)) return reply_error(request, errc::bad_value);
      std::memcpy(&ms, in, sizeof(ms));
      if (auto failed = set_timeout(fs, *node, ms, who)) return reply_error(request, failed);
      fuse_reply_ioctl(request, 0, nullptr, 0);
      return;
    }
    case MAILSLOT_IOC_POST_EMPTY: {
      if (!writes(file.how)) {
        fuse_reply_err(request, EBADF);
        return;
      }
      if (auto failed = post_empty(fs, file, sender_of(request))) return reply_error(request, failed);
      fuse_reply_ioctl(request, 0, nullptr, 0);
      return;
    }
    case MAILSLOT_IOC_PURGE: {
      if (!who.is_root() && who.uid != fs.names().owner_of(*node).uid)
        return reply_error(request, errc::not_owner);
      return reply_ioctl(request, s->purge());
    }
    default:
      fuse_reply_err(request, ENOTTY);
  }
}

}  // namespace

void add_file_operations(fuse_lowlevel_ops& ops) {
  ops.open = guarded<open>::call;
  ops.create = guarded<create>::call;
  ops.read = guarded<read>::call;
  ops.write = guarded<write>::call;
  ops.flush = guarded<flush>::call;
  ops.release = release;
  ops.fsync = guarded<fsync>::call;
  ops.poll = guarded<poll>::call;
  ops.ioctl = guarded<ioctl>::call;
}

}  // namespace mailslot

// The adapter: a request of the kernel in, a call of the tree or of a handle, a reply out. The operations
// stand in three files by what they are about: names_ops.cc, attribute_ops.cc, file_ops.cc. No handler ever
// waits.
#pragma once

#include "fs/clock.h"
#include "fs/fuse/calling.h"
#include "fs/fuse/killed.h"
#include "fs/fuse/known_nodes.h"
#include "fs/tree/tree.h"

#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <fuse_lowlevel.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace mailslot {

// One open(2), from OPEN to RELEASE and to the end of its last read: a reader who has just been answered may
// close before the call that answered it has returned.
struct open_file
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  node_ref of;
  access how = access::read;        // IOCTL does not say
  std::unique_ptr<handle> content;  // destroyed first: it may still need its node
  std::atomic<unsigned> uses = 1;   // the kernel's

  friend void intrusive_ptr_add_ref(open_file* f) noexcept {
    f->uses.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(open_file* f) noexcept {
    if (f->uses.fetch_sub(1, std::memory_order_acq_rel) == 1) delete f;
  }
};
using open_file_ref = boost::intrusive_ptr<open_file>;

// What one opendir(3) lists: as it was at its first readdir(3) or its last rewinddir(3), whatever happens
// since.
struct open_directory {
  node_ref of;
  std::mutex mutex;  // guards the two below
  std::vector<directory_entry> entries;
  bool read = false;
};

class filesystem {
 public:
  filesystem(tree& names, const daemon_clock& clock);
  filesystem(const filesystem&) = delete;
  filesystem& operator=(const filesystem&) = delete;
  // Closes what is still open.
  ~filesystem();

  static const fuse_lowlevel_ops& operations();
  static filesystem& of(fuse_req_t request) { return *static_cast<filesystem*>(fuse_req_userdata(request)); }

  // Through which the kernel is told of changes; null when there is no kernel any more.
  void attach(fuse_session* session) { session_ = session; }
  // The kernel has answered INIT and asks on.
  std::function<void()> ready = [] {};
  // Messages came into a slot by another door than a write(2) to its name, which is all that inotify sees.
  std::function<void(slot_node&)> arrived = [](slot_node&) {};

  // What killed.h and calling.h say, for a daemon that may not look at every process itself.
  std::function<bool(pid_t)> dies_of_a_signal = mailslot::dies_of_a_signal;
  std::function<bool(pid_t)> makes_a_directory = mailslot::makes_a_directory;

  // Requests that got ENOMEM, and who hears of each; from any thread.
  std::uint64_t refused_for_memory() const { return refused_for_memory_.load(std::memory_order_relaxed); }
  std::function<void()> no_memory = [] {};
  void out_of_memory() noexcept {
    refused_for_memory_.fetch_add(1, std::memory_order_relaxed);
    no_memory();
  }

  tree& names() { return tree_; }
  known_nodes& nodes() { return nodes_; }
  moment now() const { return clock_.now(); }
  bool remembers_names() const { return remember_names_; }

  void initialised(const fuse_conn_info& connection);

  // What the kernel is told about a node; `exact` as tree::found says. Counts as remembered.
  fuse_entry_param entry(const node_ref& what, bool exact);
  struct stat attributes_of(node& what);
  // How long the kernel may keep these attributes, in seconds.
  double attributes_timeout(node& what) const;

  open_file& add(node_ref of, std::unique_ptr<handle> content, access how);
  void close(open_file& file);
  // Names that all open directories together may list at one time.
  std::size_t most_listed = 4'000'000;
  // Gives `directory`, whose lock is held, the list of what is in it now. Errors: no_room.
  std::error_code list(open_directory& directory);

  open_directory& add_directory(node_ref of);
  void close_directory(open_directory& directory);
  // Closes what the kernel has not: a session is about to be destroyed, through which closing one handle may
  // still want to wake those who poll another. Nobody may call anything else meanwhile.
  void close_all();

  // Stands around a call through a file that may not be the slot's own (a view): when it ends, the kernel is
  // told what changed, and arrived() of what came in. Keeps the file's node: a read that has to wait may be
  // answered, and its file closed, before the call returns.
  class other_door {
   public:
    other_door(filesystem& fs, const open_file& file);
    other_door(const other_door&) = delete;
    other_door& operator=(const other_door&) = delete;
    ~other_door();

   private:
    filesystem& fs_;
    node_ref through_;  // null for the slot's own file, and for what is no slot
    std::uint64_t posted_ = 0;
  };
  // The kernel forgets the attributes of `what`, if it has them.
  void forget_attributes(named_node& what);

 private:
  using open_list = boost::intrusive::list<open_file, boost::intrusive::constant_time_size<false>>;

  tree& tree_;
  const daemon_clock& clock_;
  known_nodes nodes_;
  std::atomic<fuse_session*> session_ = nullptr;
  std::atomic<bool> remember_names_ = false;
  std::atomic<std::uint64_t> refused_for_memory_ = 0;
  std::mutex open_mutex_;
  open_list open_;
  std::unordered_map<const open_directory*, std::unique_ptr<open_directory>> open_directories_;
  std::atomic<std::size_t> listed_ = 0;
};

// The three groups of operations.
void add_name_operations(fuse_lowlevel_ops& ops);
void add_attribute_operations(fuse_lowlevel_ops& ops);
void add_file_operations(fuse_lowlevel_ops& ops);

// Who asks.
inline credentials caller(fuse_req_t request) {
  const fuse_ctx* c = fuse_req_ctx(request);
  return {c->uid, c->gid};
}

// Answers with an error, or with success when there is none.
void reply_error(fuse_req_t request, const std::error_code& code);

}  // namespace mailslot

// The names under the mount point: who may make, find, rename and remove what. One lock for all names, taken
// for writing only when names, owners or modes change. Knows slots, no FUSE; time comes in as an argument.
#pragma once

#include "fs/tree/directory.h"
#include "fs/tree/node.h"

#include <functional>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>

namespace mailslot {

struct tree_options {
  letter_case names = letter_case::folded;
  mode_t slot_mode = 0622;  // of new slots, whatever the umask
  ownership root{0755, 0, 0};
  bool writers_create = false;          // an open that truncates or appends makes a missing slot
  settings defaults;                    // of new slots
  std::uint32_t max_slots = 1'000'000;  // slots, directories and symlinks together
};

// What an open(O_CREAT) asks for.
struct creation {
  bool exclusive = false;  // O_EXCL
  bool writer = false;     // O_TRUNC or O_APPEND: somebody who expects the slot to be there
};

class tree {
 public:
  tree(tree_options options, commons& shared, moment now);
  tree(const tree&) = delete;
  tree& operator=(const tree&) = delete;
  ~tree();

  const std::shared_ptr<directory>& root() const { return root_; }
  commons& shared() const { return shared_; }
  const tree_options& options() const { return options_; }

  // A reserved name at the root (".info"), and what a first byte stands for ("@"). Before the first call of
  // any other function.
  void reserve(std::string_view name, node_ref what);
  void reserve_prefix(char first, std::function<expected<node_ref>(std::string_view name, moment now)> find);

  struct found {
    node_ref what;
    // The kernel may remember this name: it is the creator's spelling of something that users made.
    bool exact = false;
  };
  // Errors: no_such_name, not_a_directory, name_too_long.
  expected<found> lookup(node& in, std::string_view name, moment now) const;
  // `path` from the root, with single slashes; for texts and for messages from the network.
  expected<node_ref> resolve(std::string_view path, moment now) const;

  // The slot at `path`, found among what users made only: never through a reserved name or a symlink.
  // Errors: no_such_name.
  expected<std::shared_ptr<slot_node>> find_slot(std::string_view path, moment now) const;
  // The same for somebody who writes without an open(2) that the kernel would have checked. Errors:
  // no_such_name, access_denied.
  expected<std::shared_ptr<slot_node>> find_writable(std::string_view path, const credentials& who,
                                                     moment now) const;

  // Errors of the next three: bad_name, name_too_long, name_taken, too_many_slots, not_permitted,
  // no_such_name. make_slot() only makes: a slot that is there already, though the caller has just not found
  // it and may not be allowed to open it, is name_taken if `how.exclusive` and stale (look again) if not.
  expected<node_ref> make_slot(node& in, std::string_view name, const creation& how, const credentials& who,
                               moment now);
  expected<node_ref> make_directory(node& in, std::string_view name, mode_t mode, const credentials& who,
                                    moment now);
  expected<node_ref> make_link(node& in, std::string_view name, std::string_view target,
                               const credentials& who, moment now);

  enum class removal : std::uint8_t { file, directory };
  // Errors: no_such_name, not_owner, not_permitted, is_a_directory, not_a_directory, directory_not_empty.
  std::error_code remove(node& in, std::string_view name, removal what, const credentials& who, moment now);
  // Errors: those of remove() and of making; cannot_move_there.
  std::error_code rename(node& from, std::string_view old_name, node& to, std::string_view new_name,
                         bool replace, const credentials& who, moment now);

  attributes stat(const node& what, moment now) const;
  // The kernel has checked who may, but for files that are another door to a slot it knows the owner of once.
  // Errors: not_owner, not_permitted.
  std::error_code change(node& what, const attribute_change& wanted, const credentials& who, moment now);
  expected<std::vector<directory_entry>> list(const node& what) const;
  expected<std::unique_ptr<handle>> open(node& what, const opening& how);
  // The owner and mode of something that users made, for files that mirror it.
  ownership owner_of(const named_node& what) const;

  // The path from the root, without a slash in front; nothing for what was removed.
  std::optional<std::string> path_of(const named_node& what) const;

  // Changes the settings of a slot by `edit`, all or nothing, with nobody else's change in between. Only its
  // owner and root may (not_owner). Errors: that, and those of `edit`, which come first.
  std::error_code configure(slot_node& what, const std::function<std::error_code(settings&)>& edit,
                            const credentials& who, moment now);

  // Calls `each(path, slot)` for every slot, in order of paths.
  void for_each_slot(const std::function<void(const std::string& path, slot_node&)>& each) const;
  std::uint32_t made() const { return made_.load(std::memory_order_relaxed); }

  // A number for st_ino that nothing else has.
  std::uint64_t next_number() { return last_number_.fetch_add(1, std::memory_order_relaxed) + 1; }

  // Ends all blocked reads, and lets nobody make a slot in which another could block: the daemon is about to
  // go.
  void shut_down();

  // Told, without the lock, when the kernel remembers names that are not right any more (a slot that was
  // removed by another spelling, or by its last reader), and when something changed by another door than its
  // own name.
  std::function<void()> names_changed = [] {};
  std::function<void(named_node&)> attributes_changed = [](named_node&) {};

  // The last reader of a lifetime=handle slot has closed it.
  void last_reader_left(slot_node& what);

 private:
  // With the lock held for writing.
  expected<directory*> place_for(node& in, std::string_view name, moment now);
  expected<node_ref> add(directory& in, named_ref made, std::string_view name, moment now);
  void drop(directory& from, named_node& what, moment now);

  const tree_options options_;
  commons& shared_;
  mutable std::shared_mutex mutex_;
  std::atomic<std::uint64_t> last_number_ = 1;
  std::atomic<std::uint32_t> made_ = 0;
  mutable std::atomic<moment> latest_;  // for what happens without a time of its own: a last close
  std::shared_ptr<directory> root_;
  bool ending_ = false;
  std::map<std::string, node_ref, std::less<>> reserved_;
  std::map<char, std::function<expected<node_ref>(std::string_view, moment)>> prefixes_;
};

}  // namespace mailslot

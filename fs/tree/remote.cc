// The names under @HOST, the handles behind them, the directory .net, and what comes in.
#include "fs/tree/remote.h"

#include "fs/tree/text_node.h"

#include <algorithm>
#include <map>

namespace mailslot {
namespace {

using arrival_handler = std::function<void(slot_node&)>;

// What all nodes under all hosts share.
struct surroundings {
  tree& names;
  net::transport& network;
  const arrival_handler arrived;

  // Levels made by mkdir(2), as "HOST/level/level", and who made them: bounded, since anybody can.
  static constexpr std::size_t most_levels = 4096;
  static constexpr std::ptrdiff_t most_levels_of_one = 256;
  std::mutex mutex;  // guards what follows
  std::map<std::string, uid_t, std::less<>> levels;
  // The directories that the kernel knows, by the same words: each is one node as long as anybody holds it.
  std::map<std::string, std::weak_ptr<node>, std::less<>> directories;
  std::size_t sweep_at = 64;
};

// NetBIOS names are the same in upper and lower case.
std::string key_of(std::string_view target, std::string_view path) {
  std::string key(target);
  std::ranges::transform(
      key, key.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
  return key + "/" + std::string(path);
}

node_ref directory_of(const std::shared_ptr<surroundings>& around, std::string_view target,
                      std::string prefix);

// A message to the local slot of that name, as if its own file had been written to.
std::error_code post_here(surroundings& around, std::string_view path, bytes_view bytes,
                          const write_call& call) {
  const auto slot = around.names.find_writable(path, {call.by.uid, call.by.gid}, call.now);
  if (!slot) return slot.error();
  auto m = message::copy(bytes, call.by, around.names.shared().memory);
  if (!m) return m.error();
  const auto id = (*slot)->content().post(std::move(*m), call.now);
  if (!id) return id.error();
  around.names.attributes_changed(**slot);
  around.arrived(**slot);
  return {};
}

// A write on its way to the network. Kept by what the network calls when it is done.
class departure final : public read_answer::wants_signals {
 public:
  departure(net::transport& network, std::size_t size, std::unique_ptr<write_answer> answer)
      : network_(network), size_(size), answer_(std::move(answer)) {}

  static void begin(net::transport& network, std::string_view target, std::string_view path, bytes_view bytes,
                    uid_t uid, std::unique_ptr<write_answer> answer) {
    const auto self = std::make_shared<departure>(network, bytes.size(), std::move(answer));
    // Before the write, which may be done, and its request gone, when write() returns.
    self->answer_->tell_of_signals(*self);
    const std::span data(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    const auto id =
        network.write(target, path, data, uid, [self](std::error_code failed) { self->finish(failed); });
    self->began(id);
  }

 private:
  void began(net::write_id id) {
    bool cancel = false;
    {
      const std::lock_guard held(mutex_);
      id_ = id;
      cancel = signalled_;
    }
    if (cancel) network_.cancel(id);
  }

  void on_signal() noexcept override {
    std::optional<net::write_id> id;
    {
      const std::lock_guard held(mutex_);
      signalled_ = true;
      id = id_;
    }
    if (id) network_.cancel(*id);
  }

  void finish(std::error_code failed) {
    if (failed == net::transport_errc::cancelled) failed = errc::interrupted;
    failed ? answer_->failed(failed) : answer_->accepted(size_);
  }

  net::transport& network_;
  const std::size_t size_;
  const std::unique_ptr<write_answer> answer_;
  std::mutex mutex_;  // guards the two below
  std::optional<net::write_id> id_;
  bool signalled_ = false;
};

class remote_handle final : public handle {
 public:
  remote_handle(std::shared_ptr<surroundings> around, std::string target, std::string path)
      : around_(std::move(around)), target_(std::move(target)), path_(std::move(path)) {
    around_->network.resolve(target_);
  }

  bool is_stream() const override { return true; }
  bool writes_may_wait() const override { return true; }

  void write_or_wait(const write_call& call, bytes_view bytes,
                     std::unique_ptr<write_answer> answer) override {
    // The rest of a writev(2) that the kernel has cut: the first part is on its way.
    if (call.offset != 0) return answer->failed(net::transport_errc::too_big);
    const auto reach = around_->network.reach_of(target_);
    if (reach == net::reach::both && bytes.size() > around_->network.max_message_size(path_))
      return answer->failed(net::transport_errc::too_big);
    if (reach != net::reach::network) {
      const auto failed = post_here(*around_, path_, bytes, call);
      if (reach == net::reach::local) return failed ? answer->failed(failed) : answer->accepted(bytes.size());
    }
    departure::begin(around_->network, target_, path_, bytes, call.by.uid, std::move(answer));
  }

 private:
  const std::shared_ptr<surroundings> around_;
  const std::string target_, path_;
};

// A slot elsewhere. A new one for each look-up, so that a write that waits keeps nobody else from writing.
class remote_slot final : public node {
 public:
  remote_slot(std::shared_ptr<surroundings> around, std::string target, std::string path)
      : node(around->names.next_number()),
        around_(std::move(around)),
        target_(std::move(target)),
        path_(std::move(path)) {}

  node_kind kind() const override { return node_kind::file; }

  attributes stat(moment now) const override {
    attributes a = around_->names.root()->stat(now);
    a.number = number();
    a.kind = kind();
    a.owner.mode = 0222;
    a.links = 1;
    return a;
  }

  // touch(1) and cp -p find nothing to complain of.
  std::error_code change(const attribute_change& wanted, moment) override {
    const bool only_times = !wanted.mode && !wanted.uid && !wanted.gid;
    return only_times ? std::error_code() : make_error_code(errc::not_permitted);
  }

  expected<std::unique_ptr<handle>> open(const opening& how) override {
    if (reads(how.how)) return refuse(errc::access_denied);
    return std::make_unique<remote_handle>(around_, target_, path_);
  }

 private:
  const std::shared_ptr<surroundings> around_;
  const std::string target_, path_;
};

// @HOST, or a level below it. Every name in it is a slot, but for levels that somebody has made.
class remote_directory final : public node {
 public:
  // `prefix`: the levels to this, each with a slash after it.
  remote_directory(std::shared_ptr<surroundings> around, std::string target, std::string prefix)
      : node(around->names.next_number()),
        around_(std::move(around)),
        target_(std::move(target)),
        prefix_(std::move(prefix)) {}

  node_kind kind() const override { return node_kind::directory; }
  bool every_name_resolves() const override { return true; }

  attributes stat(moment now) const override {
    attributes a = around_->names.root()->stat(now);
    a.number = number();
    a.owner.mode = 0777;
    a.links = 2;
    return a;
  }

  expected<node_ref> find(std::string_view name, moment) override {
    std::string path = prefix_ + std::string(name);
    std::ranges::replace(path, '\\', '/');
    if (is_level(path)) return directory_of(around_, target_, path + "/");
    return std::make_shared<remote_slot>(around_, target_, std::move(path));
  }

  expected<node_ref> make_directory(std::string_view name, const credentials& who, moment) override {
    if (auto bad = check_name(name, prefix_.empty())) return refuse(bad);
    const std::string path = prefix_ + std::string(name);
    {
      const std::lock_guard held(around_->mutex);
      auto& levels = around_->levels;
      if (levels.contains(key(path))) return refuse(errc::name_taken);
      const auto mine = std::ranges::count(levels, who.uid, [](const auto& level) { return level.second; });
      if (levels.size() >= surroundings::most_levels || mine >= surroundings::most_levels_of_one) {
        return refuse(errc::too_many_slots);
      }
      levels.emplace(key(path), who.uid);
    }
    return directory_of(around_, target_, path + "/");
  }

  std::error_code remove_directory(std::string_view name, const credentials& who) override {
    const std::string level = key(prefix_ + std::string(name));
    const std::lock_guard held(around_->mutex);
    auto& levels = around_->levels;
    const auto found = levels.find(level);
    if (found == levels.end()) return errc::not_a_directory;
    if (!who.is_root() && who.uid != found->second) return errc::not_owner;
    const auto next = levels.lower_bound(level + "/");
    if (next != levels.end() && next->first.starts_with(level + "/")) return errc::directory_not_empty;
    levels.erase(found);
    return {};
  }

  // Levels only; the rest would be endless.
  expected<std::vector<directory_entry>> list() const override {
    const std::string mine = key(prefix_);
    std::vector<directory_entry> all;
    const std::lock_guard held(around_->mutex);
    const auto& levels = around_->levels;
    for (auto l = levels.lower_bound(mine); l != levels.end() && l->first.starts_with(mine); ++l) {
      const std::string name = l->first.substr(mine.size());
      if (name.find('/') == std::string::npos) all.push_back({name, number(), node_kind::directory});
    }
    return all;
  }

 private:
  std::string key(std::string_view path) const { return key_of(target_, path); }

  bool is_level(std::string_view path) const {
    const std::lock_guard held(around_->mutex);
    return around_->levels.contains(key(path));
  }

  const std::shared_ptr<surroundings> around_;
  const std::string target_, prefix_;
};

node_ref directory_of(const std::shared_ptr<surroundings>& around, std::string_view target,
                      std::string prefix) {
  const std::lock_guard held(around->mutex);
  auto& known = around->directories[key_of(target, prefix)];
  if (auto there = known.lock()) return there;
  const node_ref made = std::make_shared<remote_directory>(around, std::string(target), std::move(prefix));
  known = made;
  if (around->directories.size() >= around->sweep_at) {
    std::erase_if(around->directories, [](const auto& entry) { return entry.second.expired(); });
    around->sweep_at = 64 + 2 * around->directories.size();
  }
  return made;
}

// /.net: a text for each thing that the network can say of itself.
class network_directory final : public node {
 public:
  explicit network_directory(surroundings& around)
      : node(around.names.next_number()), root_(around.names.root()) {
    for (const auto& name : around.network.report_names()) {
      text_source source;
      source.read = [&network = around.network, name](moment) { return network.report(name); };
      source.owner = [root = root_] { return ownership{0444, root->owner().uid, root->owner().gid}; };
      texts_.emplace_back(name, std::make_shared<text_node>(around.names.next_number(), std::move(source)));
    }
  }

  node_kind kind() const override { return node_kind::directory; }

  attributes stat(moment now) const override {
    attributes a = root_->stat(now);
    a.number = number();
    a.owner.mode = 0555;
    a.links = 2;
    return a;
  }

  expected<node_ref> find(std::string_view name, moment) override {
    const auto found = std::ranges::find(texts_, name, &named_text::first);
    if (found == texts_.end()) return refuse(errc::no_such_name);
    return found->second;
  }

  expected<std::vector<directory_entry>> list() const override {
    std::vector<directory_entry> all;
    for (const auto& [name, text] : texts_) all.push_back({name, text->number(), text->kind()});
    return all;
  }

 private:
  using named_text = std::pair<std::string, node_ref>;
  const std::shared_ptr<directory> root_;
  std::vector<named_text> texts_;
};

// A message from elsewhere: only into a slot that is there and wants it. What it says of itself is kept, and
// is no more than a claim.
net::verdict receive(surroundings& around, const net::origin& from, std::string_view path,
                     std::span<const std::uint8_t> data, moment now) {
  const auto slot = around.names.find_slot(path, now);
  if (!slot) return net::verdict::no_such_slot;
  if (!(*slot)->content().current_settings().remote) return net::verdict::denied;
  sender by;
  by.from = std::make_shared<const origin>(origin{from.address, from.name, from.verified});
  auto m = message::copy(std::as_bytes(data), by, around.names.shared().memory);
  if (!m || !(*slot)->content().post(std::move(*m), now)) return net::verdict::full;
  around.names.attributes_changed(**slot);
  around.arrived(**slot);
  return net::verdict::taken;
}

}  // namespace

void add_network(tree& to, net::transport& network, std::function<moment()> now,
                 std::function<void(slot_node&)> arrived) {
  const auto around = std::make_shared<surroundings>(to, network, std::move(arrived));
  to.reserve_prefix('@', [around](std::string_view name, moment) -> expected<node_ref> {
    if (name.size() < 2) return refuse(errc::no_such_name);
    return directory_of(around, name.substr(1), "");
  });
  to.reserve(".net", std::make_shared<network_directory>(*around));
  network.on_message([around, now = std::move(now)](const net::origin& from, std::string_view path,
                                                    std::span<const std::uint8_t> data) {
    return receive(*around, from, path, data, now());
  });
}

}  // namespace mailslot

// The directory of words, a mirror of the tree for each view, and the files in them.
#include "fs/tree/views.h"

#include "fs/slot/view.h"
#include "fs/tree/mirror.h"

#include <map>
#include <mutex>

namespace mailslot {
namespace {

// A slot through a view: its own owner, mode and times, another handle.
class view_node final : public node {
 public:
  view_node(std::uint64_t number, std::shared_ptr<slot_node> slot, view how, const view_environment& around)
      : node(number), slot_(std::move(slot)), how_(how), around_(around) {}

  node_kind kind() const override { return node_kind::file; }

  attributes stat(moment now) const override {
    attributes a = slot_->stat(now);
    a.number = number();
    return a;
  }

  std::error_code change(const attribute_change& wanted, moment now) override {
    return slot_->change(wanted, now);
  }

  expected<std::unique_ptr<handle>> open(const opening& how) override {
    auto here = slot_->join(how.how, counts_as_reader(how_, how.how));
    if (!here) return refuse(here.error());
    return open_view(how_, std::move(*here), around_);
  }

  slot_node* slot_behind() override { return slot_.get(); }

 private:
  const std::shared_ptr<slot_node> slot_;
  const view how_;
  const view_environment around_;
};

// The directory .as: each view is found by its words in any order, and is one directory whatever the order.
class views_directory final : public node {
 public:
  views_directory(tree& in, std::string host) : node(in.next_number()), tree_(in), around_{std::move(host)} {}

  node_kind kind() const override { return node_kind::directory; }

  attributes stat(moment now) const override {
    attributes a = tree_.root()->stat(now);
    a.number = number();
    a.owner.mode &= ~mode_t{0222};
    return a;
  }

  expected<node_ref> find(std::string_view name, moment) override {
    const auto how = parse_view(name);
    if (!how) return refuse(errc::no_such_name);
    const std::lock_guard held(mutex_);
    node_ref& top = views_[name_of(*how)];
    if (!top) {
      top = mirror::root(tree_, [this, how = *how](std::shared_ptr<slot_node> of, std::uint64_t number) {
        return std::make_shared<view_node>(number, std::move(of), how, around_);
      });
    }
    return top;
  }

  // The words alone: how they go together is for the manual.
  expected<std::vector<directory_entry>> list() const override {
    std::vector<directory_entry> all;
    for (const auto& w : view_words()) all.push_back({std::string(w.word), number(), node_kind::directory});
    return all;
  }

 private:
  tree& tree_;
  const view_environment around_;
  std::mutex mutex_;
  std::map<std::string, node_ref> views_;  // a few dozen at most: as many as there are sensible combinations
};

}  // namespace

void add_views(tree& to, std::string host) {
  to.reserve(".as", std::make_shared<views_directory>(to, std::move(host)));
}

}  // namespace mailslot

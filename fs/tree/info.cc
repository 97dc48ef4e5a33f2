// The attributes of slots as files.
#include "fs/tree/info.h"

#include "fs/tree/attributes_text.h"
#include "fs/tree/mirror.h"

namespace mailslot {
namespace {

// Whoever may open the slot may read about it; its owner may write.
mode_t info_mode(mode_t slot_mode) {
  const mode_t readable = (slot_mode | (slot_mode << 1U)) & 0444U;
  return readable | 0600U;
}

node_ref info_of(tree& in, std::shared_ptr<slot_node> slot, std::uint64_t number) {
  text_source source;
  auto* of = slot.get();
  source.read = [of](moment now) {
    return attributes_text(of->content().current_settings(), of->content().count(now));
  };
  source.write = [of, &in](std::string_view text, const credentials& who, moment now) -> std::error_code {
    return in.configure(*of, [text](settings& s) { return apply_attributes(text, s); }, who, now);
  };
  source.owner = [of] {
    ownership o = of->owner();
    o.mode = info_mode(o.mode);
    return o;
  };
  source.about = std::move(slot);
  return std::make_shared<text_node>(number, std::move(source));
}

// The mirror of the root, and one name more.
class info_directory final : public node {
 public:
  info_directory(std::uint64_t number, node_ref slots, node_ref config)
      : node(number), slots_(std::move(slots)), config_(std::move(config)) {}

  node_kind kind() const override { return node_kind::directory; }
  attributes stat(moment now) const override { return slots_->stat(now); }
  expected<node_ref> find(std::string_view name, moment now) override {
    if (name == ".config") return config_;
    return slots_->find(name, now);
  }
  expected<std::vector<directory_entry>> list() const override { return slots_->list(); }

 private:
  const node_ref slots_;
  const node_ref config_;
};

}  // namespace

void add_info(tree& to, text_source config) {
  auto slots = mirror::root(to, [&to](std::shared_ptr<slot_node> of, std::uint64_t number) {
    return info_of(to, std::move(of), number);
  });
  const auto number = slots->number();
  to.reserve(".info",
             std::make_shared<info_directory>(
                 number, std::move(slots), std::make_shared<text_node>(to.next_number(), std::move(config))));
}

}  // namespace mailslot

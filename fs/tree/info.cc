// The attributes of slots as files.
#include "fs/tree/info.h"

#include "fs/tree/attributes_text.h"
#include "fs/tree/mirror.h"
#include "fs/tree/text_node.h"

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

}  // namespace

void add_info(tree& to) {
  to.reserve(".info", mirror::root(to, [&to](std::shared_ptr<slot_node> of, std::uint64_t number) {
               return info_of(to, std::move(of), number);
             }));
}

}  // namespace mailslot

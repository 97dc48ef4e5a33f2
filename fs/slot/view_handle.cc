// Opening a slot through a view.
#include "fs/slot/plain_handle.h"
#include "fs/slot/view.h"

namespace mailslot {

expected<std::unique_ptr<handle>> open_view(const view& how, attendance at, view_environment) {
  if (how.source != taking::take && writes(at.how())) return refuse(errc::not_permitted);
  if (how == view{}) return std::make_unique<plain_handle>(std::move(at));
  return refuse(errc::not_supported);
}

}  // namespace mailslot

// Any text as attributes of a slot: all of it or nothing is applied, and what was applied is shown so that it
// means the same again.
#include "fs/tree/attributes_text.h"

#include <cstdlib>
#include <string_view>

using namespace mailslot;

namespace {

// The attributes that can be set, as lines.
std::string settable_text(const settings& s) {
  std::string text;
  for (const auto key : attribute_keys()) {
    const auto value = attribute_value(key, s, {});
    if (!value) std::abort();
    settings other = s;
    if (set_attribute(key, *value, other) != errc::not_permitted)
      text += std::string(key) + "=" + *value + "\n";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  settings changed, again;
  if (apply_attributes(text, changed)) {
    if (changed != settings{}) std::abort();
  } else if (apply_attributes(settable_text(changed), again) || again != changed) {
    std::abort();
  }
  return 0;
}

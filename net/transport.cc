// The words for transport_errc.
#include "net/transport.h"

namespace mailslot::net {
namespace {

class transport_category_impl final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "transport"; }

  [[nodiscard]] std::string message(int code) const override {
    switch (static_cast<transport_errc>(code)) {
      case transport_errc::too_big:
        return "too_big";
      case transport_errc::name_not_found:
        return "name_not_found";
      case transport_errc::down:
        return "down";
      case transport_errc::off:
        return "off";
      case transport_errc::rate_limited:
        return "rate_limited";
      case transport_errc::cancelled:
        return "cancelled";
    }
    return "unknown";
  }
};

}  // namespace

const std::error_category& transport_category() noexcept {
  static const transport_category_impl category;
  return category;
}

}  // namespace mailslot::net

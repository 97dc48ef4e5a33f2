// The words for wire_errc.
#include "net/wire/error.h"

#include <string>

namespace mailslot::net {
namespace {

class wire_category_impl final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "netbios"; }

  [[nodiscard]] std::string message(int code) const override {
    switch (static_cast<wire_errc>(code)) {
      case wire_errc::truncated:
        return "truncated";
      case wire_errc::bad_label:
        return "bad_label";
      case wire_errc::bad_letter:
        return "bad_letter";
      case wire_errc::bad_pointer:
        return "bad_pointer";
      case wire_errc::bad_scope:
        return "bad_scope";
      case wire_errc::name_too_long:
        return "name_too_long";
      case wire_errc::unsupported_counts:
        return "unsupported_counts";
      case wire_errc::bad_record:
        return "bad_record";
      case wire_errc::unknown_type:
        return "unknown_type";
      case wire_errc::not_smb:
        return "not_smb";
      case wire_errc::not_transaction:
        return "not_transaction";
      case wire_errc::bad_word_count:
        return "bad_word_count";
      case wire_errc::bad_setup_count:
        return "bad_setup_count";
      case wire_errc::bad_opcode:
        return "bad_opcode";
      case wire_errc::unterminated_name:
        return "unterminated_name";
      case wire_errc::not_mailslot:
        return "not_mailslot";
      case wire_errc::bad_data_offset:
        return "bad_data_offset";
      case wire_errc::data_past_end:
        return "data_past_end";
      case wire_errc::message_too_long:
        return "message_too_long";
      case wire_errc::foreign_layout:
        return "foreign_layout";
    }
    return "unknown";
  }
};

}  // namespace

const std::error_category& wire_category() noexcept {
  static const wire_category_impl category;
  return category;
}

}  // namespace mailslot::net

// The sentences behind the refusals.
#include "fs/slot/error.h"

#include <string>

namespace mailslot {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "mailslot"; }

  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::slot_full:
        return "the slot is full";
      case errc::message_too_long:
        return "the message is longer than the slot takes";
      case errc::user_over_quota:
        return "this user has too many bytes waiting";
      case errc::no_room:
        return "the bytes of all waiting messages have reached their bound";
      case errc::too_many_slots:
        return "there are as many slots as there may be";
      case errc::slot_closed:
        return "the last reader of the slot has gone";
      case errc::slot_busy:
        return "the slot has its one reader already";
      case errc::would_wait:
        return "nothing is here yet";
      case errc::timed_out:
        return "nothing came in time";
      case errc::interrupted:
        return "a signal came";
      case errc::short_buffer:
        return "the message does not fit the buffer";
      case errc::too_many_waiting:
        return "too many reads are waiting";
      case errc::no_such_name:
        return "no such slot or directory";
      case errc::name_taken:
        return "the name is in use";
      case errc::bad_name:
        return "names cannot look like this";
      case errc::name_too_long:
        return "the name is longer than 255 bytes";
      case errc::not_a_directory:
        return "not a directory";
      case errc::is_a_directory:
        return "a directory";
      case errc::directory_not_empty:
        return "the directory is not empty";
      case errc::not_owner:
        return "only the owner may do this";
      case errc::not_permitted:
        return "nobody may do this here";
      case errc::access_denied:
        return "this user may not do this";
      case errc::bad_value:
        return "the value makes no sense";
      case errc::no_such_attribute:
        return "no such attribute";
      case errc::not_supported:
        return "not supported";
      case errc::stale:
        return "the name is gone";
      case errc::cannot_move_there:
        return "it cannot be moved there";
    }
    return "unknown refusal";
  }
};

}  // namespace

const std::error_category& slot_category() noexcept {
  static const category instance;
  return instance;
}

}  // namespace mailslot

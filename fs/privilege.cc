// The bounding set first: leaving it takes a capability that goes with the rest.
#include "fs/privilege.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace mailslot {
namespace {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

bool is_set(cap_t of, cap_value_t which, cap_flag_t where) {
  cap_flag_value_t value = CAP_CLEAR;
  return ::cap_get_flag(of, which, where, &value) == 0 && value == CAP_SET;
}

}  // namespace

std::error_code keep_only(std::initializer_list<cap_value_t> needed, programs run) {
  struct free_capabilities {
    void operator()(cap_t c) const { ::cap_free(c); }
  };
  using capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, free_capabilities>;
  const capabilities had(::cap_get_proc()), rest(::cap_init());
  if (!had || !rest) return last_error();
  const bool may_leave_bounds = is_set(had.get(), CAP_SETPCAP, CAP_EFFECTIVE);
  for (cap_value_t c = 0; c < ::cap_max_bits(); ++c) {
    if (std::ranges::find(needed, c) == needed.end()) {
      if (may_leave_bounds && ::cap_drop_bound(c) != 0) return last_error();
    } else if (is_set(had.get(), c, CAP_PERMITTED)) {
      for (const auto set : {CAP_PERMITTED, CAP_EFFECTIVE}) ::cap_set_flag(rest.get(), set, 1, &c, CAP_SET);
    }
  }
  if (::cap_reset_ambient() != 0 || ::cap_set_proc(rest.get()) != 0) return last_error();
  if (run == programs::gain_nothing && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return last_error();
  return {};
}

}  // namespace mailslot

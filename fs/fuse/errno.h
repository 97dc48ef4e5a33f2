// The one place where the refusals of this project become errno values.
#pragma once

#include <system_error>

namespace mailslot {

// A positive errno; 0 for no error. Codes of the system stay what they are, unknown ones are EIO.
int errno_of(const std::error_code& code) noexcept;

}  // namespace mailslot

// mailslot purge: what waits is dropped.
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"
#include "fs/mailslot.h"

#include <fcntl.h>

#include <cerrno>

namespace mailslot::cli {
namespace {

result<std::uint32_t> purged(const surroundings& around, const std::string& name) {
  const auto slot = resolve_mounted(around, name);
  if (!slot) return tl::unexpected(slot.error());
  // A handle that only writes: it is nobody's reader, so exclusive= and lifetime= do not matter.
  auto handle = open_file(*slot, slot->file(), O_WRONLY);
  if (!handle) return tl::unexpected(handle.error());
  std::uint32_t count = 0;
  if (ioctl(handle->get(), MAILSLOT_IOC_PURGE, &count) != 0) {
    return tl::unexpected(explain(*slot, "purge", errno));
  }
  return count;
}

}  // namespace

int purge(const surroundings& around, const purge_options& options) {
  int status = success;
  for (const auto& name : options.names) {
    const auto count = purged(around, name);
    if (!count) {
      status = complain(around, count.error());
      continue;
    }
    const auto line = fmt::format("{} message{} dropped\n", *count, *count == 1 ? "" : "s");
    if (print(around, line) != success) return failed;
  }
  return status;
}

}  // namespace mailslot::cli

// mailslot rm: slots and, when asked, directories with everything in them.
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace mailslot::cli {
namespace {

result<void> remove(const surroundings& around, const std::string& name, const rm_options& options) {
  const auto slot = resolve_mounted(around, name);
  if (!slot) return tl::unexpected(slot.error());
  if (slot->path.empty()) return fail("\"{}\" is the mount itself (fusermount3 -u ends it)", slot->said);
  if (slot->is_remote())
    return fail("\"{}\" is on another computer: only that one can remove it", slot->said);
  if (unlink(slot->file().c_str()) == 0) return {};
  const int code = errno;
  if (code == ENOENT && options.missing_ok) return {};
  if (code == ENOENT) return fail_with(code, "there is no slot \"{}\" to remove", slot->said);
  if (code != EISDIR) return tl::unexpected(explain(*slot, "remove", code));
  if (!options.recursive) {
    return fail_with(code, "\"{}\" is a directory (mailslot rm -r removes it with all slots in it)",
                     slot->said);
  }
  std::error_code error;
  std::filesystem::remove_all(slot->file(), error);
  if (error) return tl::unexpected(explain(*slot, "remove", error.value()));
  return {};
}

}  // namespace

int rm(const surroundings& around, const rm_options& options) {
  int status = success;
  for (const auto& name : options.names) {
    const auto done = remove(around, name, options);
    if (!done) status = complain(around, done.error());
  }
  return status;
}

}  // namespace mailslot::cli

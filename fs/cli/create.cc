// mailslot create: a new slot with its attributes, or none at all.
#include "fs/cli/attributes.h"
#include "fs/cli/commands.h"
#include "fs/cli/files.h"
#include "fs/cli/names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mailslot::cli {
namespace {

result<void> make_parents(const target& slot) {
  for (auto end = slot.path.find('/'); end != std::string::npos; end = slot.path.find('/', end + 1)) {
    const auto directory = slot.root + "/" + slot.path.substr(0, end);
    if (mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST) {
      return tl::unexpected(explain(slot, "create", errno));
    }
  }
  return {};
}

result<void> create_slot(const target& slot, const create_options& options) {
  const auto wanted = parse_attributes(options.attributes);
  if (!wanted) return tl::unexpected(wanted.error());
  if (options.parents) {
    if (auto made = make_parents(slot); !made) return made;
  }
  descriptor made(open(slot.file().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0622));
  if (!made) {
    const int code = errno;
    if (code == EEXIST && options.existing_ok) return write_attributes(slot, *wanted);
    if (code == EEXIST) {
      return fail_with(code, "\"{}\" exists already (mailslot set {} changes its attributes)", slot.said,
                       shell_quoted(slot.said));
    }
    if (code == ENOSPC) {
      return fail_with(code, "this mount has as many slots as it may (-o max_slots): remove some first");
    }
    return tl::unexpected(explain(slot, "create", code));
  }
  result<void> done;
  if (options.mode && fchmod(made.get(), static_cast<mode_t>(*options.mode)) != 0) {
    done = tl::unexpected(explain(slot, "create", errno));
  }
  if (done) done = write_attributes(slot, *wanted);
  // Half of what was asked for is not what was asked for.
  if (!done) unlink(slot.file().c_str());
  return done;
}

}  // namespace

int create(const surroundings& around, const create_options& options) {
  const auto slot = resolve_mounted(around, options.name);
  if (!slot) return complain(around, slot.error());
  if (slot->path.empty()) return complain(around, {"the name of the slot is missing"}, wrong_usage);
  if (slot->is_remote()) {
    return complain(around,
                    {fmt::format("\"{}\" is on another computer: only that one can create it", slot->said)});
  }
  const auto done = create_slot(*slot, options);
  return done ? success : complain(around, done.error());
}

}  // namespace mailslot::cli

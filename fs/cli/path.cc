// mailslot path: the file that stands for a slot, for programs that know files only.
#include "fs/cli/commands.h"
#include "fs/cli/names.h"

namespace mailslot::cli {

int path(const surroundings& around, const path_options& options) {
  for (const auto& name : options.names) {
    const auto slot = resolve(around, name);
    if (!slot) return complain(around, slot.error());
    std::string file = slot->file();
    if (!options.view.empty()) file = slot->view(options.view);
    if (options.info) file = slot->info();
    if (const int printed = print(around, file + "\n"); printed != success) return printed;
  }
  return success;
}

}  // namespace mailslot::cli

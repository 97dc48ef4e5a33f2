// mailslot: mailslots from the shell, on file I/O and ioctls only, so that whatever it does any language can
// do.
#include "fs/cli/arguments.h"

int main(int argc, char** argv) {
  return mailslot::cli::run({argv + 1, argv + argc}, mailslot::cli::real_surroundings());
}

// The letters of mount(8) are not ours: -f is "fake" there and "foreground" here.
#include "fs/mount_helper.h"

namespace mailslot {

bool is_mount_helper(std::string_view program) {
  program.remove_prefix(program.rfind('/') + 1);  // npos + 1 is 0
  return program.starts_with("mount.");
}

helper_call from_mount(const std::vector<std::string>& arguments) {
  helper_call call;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    if (a.size() < 2 || a.front() != '-' || a[1] == '-') {
      call.arguments.push_back(a);
      continue;
    }
    for (std::size_t at = 1; at < a.size(); ++at) {
      const char letter = a[at];
      if (letter == 'f') {
        call.fake = true;
      } else if (letter == 'o' || letter == 't' || letter == 'N') {
        // The value is the rest of this word, or the next.
        if (at + 1 == a.size() && i + 1 == arguments.size()) {
          call.wrong = std::string("-") + letter + " needs a value after it";
          return call;
        }
        const std::string value = at + 1 < a.size() ? a.substr(at + 1) : arguments[++i];
        if (letter == 'o') call.arguments.insert(call.arguments.end(), {"-o", value});
        if (letter == 'N') call.wrong = "cannot mount in another namespace: nsenter(1) can go there first";
        break;
      } else if (letter != 's' && letter != 'n' && letter != 'v') {
        // -s would forgive misspelt options, which a daemon that says so at once does better; -n and -v mean
        // nothing here.
        call.arguments.push_back(std::string("-") + letter);
      }
    }
  }
  return call;
}

}  // namespace mailslot

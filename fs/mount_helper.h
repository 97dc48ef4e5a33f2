// What mount(8) says to a helper, in the words of our own command line. The program is a helper when it is
// called by one of the names mount.mailslotfs and mount.fuse.mailslotfs, links to it beside mount(8).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mailslot {

// True for the name under which mount(8) calls a helper; `program` is argv[0].
bool is_mount_helper(std::string_view program);

struct helper_call {
  std::vector<std::string> arguments;  // for parse_options()
  bool fake = false;                   // say whether the arguments are right, and mount nothing
  std::string wrong;                   // a line for people, when it cannot be done
};

// mount.TYPE SOURCE MOUNTPOINT [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE], as in mount(8), "External
// helpers".
helper_call from_mount(const std::vector<std::string>& arguments);

}  // namespace mailslot

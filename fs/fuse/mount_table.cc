// Reading mountinfo: "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [TAG…] - TYPE SOURCE OPTIONS".
#include "fs/fuse/mount_table.h"

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace mailslot {
namespace {

// Blanks and backslashes stand as \ooo.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::optional<mount_entry> topmost_mount(std::istream& mountinfo, const std::string& path) {
  std::optional<mount_entry> found;
  for (std::string line; std::getline(mountinfo, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, place, word, type;
    words >> id >> parent >> device >> root >> place;
    while (words >> word && word != "-") {
    }
    words >> type;
    if (unescaped(place) == path) found = {id, type};  // the last line is the uppermost
  }
  return found;
}

std::optional<mount_entry> topmost_mount(const std::string& path) {
  std::ifstream mountinfo("/proc/self/mountinfo");
  return topmost_mount(mountinfo, path);
}

bool is_dying(int error) noexcept {
  return error == ECONNABORTED || error == ECANCELED;
}

int stat_mountpoint(const std::string& path, struct stat& out) noexcept {
  int failed = 0;
  for (int tries = 0; tries < 100; ++tries) {
    failed = ::stat(path.c_str(), &out) == 0 ? 0 : errno;
    if (!is_dying(failed)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return failed;
}

}  // namespace mailslot

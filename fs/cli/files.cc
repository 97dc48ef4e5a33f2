// One place that knows what each errno of a slot means to a person.
#include "fs/cli/files.h"

#include "fs/mailslot.h"
#include "net/wire/mailslot_write.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace mailslot::cli {
namespace {

std::string user_name(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  return entry ? std::string(entry->pw_name) : fmt::format("uid {}", uid);
}

std::string not_allowed(const target& slot, std::string_view doing) {
  struct stat st{};
  if (doing == "remove" || doing == "create") {
    const auto above = slot.file().substr(0, slot.file().rfind('/'));
    if (access(above.c_str(), W_OK) != 0 && errno == EACCES && stat(above.c_str(), &st) == 0) {
      return fmt::format(
          "you may not {} \"{}\": its directory decides, which belongs to {} and has mode {:04o}", doing,
          slot.said, user_name(st.st_uid), st.st_mode & 07777U);
    }
  }
  if (stat(slot.file().c_str(), &st) != 0) {
    return fmt::format("you may not {} \"{}\": a directory above it is closed to you", doing, slot.said);
  }
  return fmt::format("you may not {} \"{}\": it belongs to {} and has mode {:04o}", doing, slot.said,
                     user_name(st.st_uid), st.st_mode & 07777U);
}

std::string missing(const target& slot) {
  struct stat st{};
  const auto parent = slot.path.rfind('/');
  if (parent != std::string::npos) {
    const std::string above = slot.path.substr(0, parent);
    if (stat((slot.root + "/" + above).c_str(), &st) != 0) {
      return fmt::format("there is no directory \"{}\" for \"{}\" (mailslot create -p {} makes both)", above,
                         slot.said, shell_quoted(slot.said));
    }
  }
  return fmt::format("there is no slot \"{}\" (mailslot create {} makes one)", slot.said,
                     shell_quoted(slot.said));
}

std::string remote_sentence(const target& slot, int code) {
  const auto name_size = slot.path.size() - std::min(slot.path.size(), slot.host().size() + 2);
  switch (code) {
    case EMSGSIZE:
      return fmt::format(
          "the message is too long for the network: \"{}\" takes {} bytes ({} with -o samba_safe)", slot.said,
          net::data_limit(name_size, net::windows_message_limit),
          net::data_limit(name_size, net::samba_message_limit));
    case EHOSTUNREACH:
      return fmt::format(
          "nobody on the network answers to the name \"{}\" (mailslot hosts lists who was heard "
          "from)",
          slot.host());
    case ENETDOWN:
    case ENETUNREACH:
      return fmt::format("\"{}\" cannot be reached: there is no network", slot.said);
    case EPERM:
      return fmt::format("\"{}\" is on the network, and this mount has none (mount it with -o net=netbios)",
                         slot.said);
    case EAGAIN:
      return fmt::format(
          "too many messages for the network at once: wait a second, then send to \"{}\" again", slot.said);
    case EACCES:
      return fmt::format("\"{}\" is on another computer: it can be written to, not read", slot.said);
    default:
      return {};
  }
}

std::string sentence(const target& slot, std::string_view doing, int code) {
  const auto quoted = shell_quoted(slot.said);
  switch (code) {
    case ENOENT:
      return missing(slot);
    case ENOTDIR:
      return fmt::format("something above \"{}\" is a slot and no directory", slot.said);
    case EACCES:
      return not_allowed(slot, doing);
    case EPERM:
      return fmt::format("you may not {} \"{}\": only its owner{} may", doing, slot.said,
                         doing == "remove" ? ", the owner of its directory and root" : " and root");
    case EISDIR:
      return fmt::format("\"{}\" is a directory (mailslot ls {} shows what is in it)", slot.said, quoted);
    case EBUSY:
      return fmt::format("\"{}\" has a reader already and lets in one at a time (exclusive=yes)", slot.said);
    case EMSGSIZE:
      return fmt::format(
          "the message is longer than \"{}\" takes: {} bytes, or less by its max_message_size or max_bytes "
          "(mailslot info {})",
          slot.said, MAILSLOT_LARGEST_MESSAGE, quoted);
    case ENOSPC:
      return fmt::format(
          "\"{}\" is full: somebody has to read it, or its owner raises max_messages and "
          "max_bytes (mailslot info {})",
          slot.said, quoted);
    case EDQUOT:
      return fmt::format(
          "you have as much waiting in slots as one user may (-o user_bytes of the mount): "
          "\"{}\" takes more when some of it was read",
          slot.said);
    case ENOMEM:
    case ENOBUFS:
      return fmt::format(
          "the daemon has no room left for messages (-o total_bytes of the mount): \"{}\" takes "
          "more when some were read",
          slot.said);
    case EPIPE:
      return fmt::format("\"{}\" has ended with its last reader (lifetime=handle)", slot.said);
    case EEXIST:
      return fmt::format("\"{}\" exists already", slot.said);
    case EINVAL:
      return fmt::format(
          "\"{}\" is no name for a slot: control characters are not allowed, nor \".\" or \"@\" "
          "at the beginning",
          slot.said);
    case ENAMETOOLONG:
      return fmt::format("\"{}\" is too long a name: 255 bytes between two slashes are the limit", slot.said);
    case ENOTTY:
      return fmt::format("\"{}\" is not a slot", slot.said);
    case ENOTCONN:
    case ECONNABORTED:
    case ECANCELED:
    case ENODEV:
      return fmt::format("the mailslotfs at {0} has ended (fusermount3 -u {0}, then mount it again)",
                         shell_quoted(slot.root));
    default:
      return fmt::format("cannot {} \"{}\": {}", doing, slot.said, reason(code));
  }
}

}  // namespace

int descriptor::reset() {
  const int fd = std::exchange(fd_, -1);
  return fd >= 0 && close(fd) != 0 ? errno : 0;
}

failure explain(const target& slot, std::string_view doing, int code) {
  std::string said;
  if (slot.is_remote()) said = remote_sentence(slot, code);
  if (said.empty()) said = sentence(slot, doing, code);
  return {std::move(said), code};
}

result<descriptor> open_file(const target& slot, const std::string& file, int flags) {
  for (;;) {
    descriptor opened(open(file.c_str(), flags | O_CLOEXEC | O_NOCTTY));
    if (opened) return opened;
    const int code = errno;
    if (code == EINTR) continue;
    const auto mode = flags & O_ACCMODE;
    return tl::unexpected(explain(slot, mode == O_RDONLY ? "read" : "write to", code));
  }
}

result<std::string> read_file(const target& slot, const std::string& file) {
  auto from = open_file(slot, file, O_RDONLY);
  if (!from) return tl::unexpected(from.error());
  std::string all;
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t n = read(from->get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return tl::unexpected(explain(slot, "read", errno));
    if (n == 0) return all;
    all.append(part.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace mailslot::cli

// mailslot doctor: what stands between a user and a mount, a line each, with what to do. Touches nothing that
// could hang: a mount is looked at by a child that may be left behind.
#include "fs/cli/commands.h"
#include "fs/cli/failure.h"
#include "fs/cli/names.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace mailslot::cli {
namespace {

enum class finding : std::uint8_t { good, note, bad };

std::string first_line(const std::string& file) {
  std::ifstream from(file);
  std::string line;
  std::getline(from, line);
  return line;
}

bool has_line(const std::string& file, std::string_view wanted) {
  std::ifstream from(file);
  for (std::string line; std::getline(from, line);) {
    std::istringstream words(line);
    std::string word;
    if (words >> word && word == wanted) return true;
  }
  return false;
}

// Whether somebody has this UDP port, over IPv4.
bool port_taken(unsigned port) {
  std::ifstream from("/proc/net/udp");
  const auto wanted = fmt::format(":{:04X}", port);
  for (std::string line; std::getline(from, line);) {
    std::istringstream words(line);
    std::string number, local;
    if (words >> number >> local && local.ends_with(wanted)) return true;
  }
  return false;
}

bool runs(std::string_view program) {
  std::error_code error;
  for (std::filesystem::directory_iterator i("/proc", error), end; !error && i != end; i.increment(error)) {
    const auto name = i->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (first_line(i->path().string() + "/comm") == program) return true;
  }
  return false;
}

std::optional<std::string> find_program(const char* name) {
  for (const char* directory : {"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"}) {
    auto path = std::string(directory) + "/" + name;
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

// The errno of check_mount(), or EAGAIN when it does not come back.
int patient_check(const surroundings& around) {
  const pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) _exit(around.check_mount(around.root));
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  pollfd ended{handle, POLLIN, 0};
  const bool came = handle < 0 || poll(&ended, 1, 3000) > 0;
  if (handle >= 0) close(handle);
  if (!came) {
    kill(child, SIGKILL);  // whether it dies is up to the file system: nobody waits for it
    return EAGAIN;
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

class doctor_visit {
 public:
  explicit doctor_visit(const surroundings& around) : around_(around) {}

  int run() {
    look_at_device();
    look_at_helper();
    look_at_sharing();
    look_at_transport();
    look_at_network();
    look_at_mount();
    const int printed = print(around_, text_);
    return printed == success && bad_ ? static_cast<int>(failed) : printed;
  }

 private:
  void say(finding what, const std::string& sentence) {
    const bool colour = around_.colour && around_.out_is_terminal;
    const char* words[] = {"ok  ", "note", "bad "};
    const char* colours[] = {"\x1b[32m", "\x1b[33m", "\x1b[31m"};
    const auto i = static_cast<std::size_t>(what);
    text_ += colour ? fmt::format("{}{}\x1b[0m  {}\n", colours[i], words[i], sentence)
                    : fmt::format("{}  {}\n", words[i], sentence);
    bad_ |= what == finding::bad;
  }

  void look_at_device() {
    struct stat st{};
    if (stat("/dev/fuse", &st) != 0) {
      say(finding::bad, "there is no /dev/fuse: modprobe fuse (in a container: give it the device)");
    } else if (access("/dev/fuse", R_OK | W_OK) != 0) {
      say(finding::bad, "you may not open /dev/fuse: it should have mode 0666 (chmod 666 /dev/fuse)");
    } else {
      say(finding::good, "/dev/fuse is there");
    }
  }

  void look_at_helper() {
    if (geteuid() == 0) return say(finding::good, "you are root and may mount");
    const auto helper = find_program("fusermount3");
    struct stat st{};
    if (!helper) {
      say(finding::bad, "fusermount3 is missing, without which only root may mount: apt-get install fuse3");
    } else if (stat(helper->c_str(), &st) != 0 || (st.st_mode & S_ISUID) == 0 || st.st_uid != 0) {
      say(finding::bad, *helper + " is not setuid root, so only root may mount: chmod u+s " + *helper);
    } else {
      say(finding::good, "you may mount with " + *helper);
    }
  }

  void look_at_sharing() {
    if (has_line("/etc/fuse.conf", "user_allow_other")) {
      say(finding::good, "any user may mount with -o allow_other");
    } else {
      say(finding::note,
          "only root may mount with -o allow_other, which lets other users in: for others, write "
          "user_allow_other into /etc/fuse.conf");
    }
  }

  void look_at_transport() {
    constexpr auto parameter = "/sys/module/fuse/parameters/enable_uring";
    const auto value = first_line(parameter);
    if (value.empty()) {
      say(finding::note, "this kernel has no FUSE over io_uring (it came with 6.14): /dev/fuse is used");
    } else if (value != "Y" && value != "1") {
      say(finding::note,
          fmt::format(
              "FUSE over io_uring is off, with which a message takes a fraction of the time: echo Y > {} "
              "as root, before mounting",
              parameter));
    } else if (const auto barred = first_line("/proc/sys/kernel/io_uring_disabled");
               barred == "2" || (barred == "1" && geteuid() != 0)) {
      say(finding::note,
          "FUSE over io_uring is on, but you may not use io_uring: sysctl kernel.io_uring_disabled=0 as "
          "root");
    } else {
      say(finding::good, "FUSE over io_uring is on");
    }
  }

  void look_at_network() {
    const bool nmbd = runs("nmbd");
    const bool taken = port_taken(137) || port_taken(138);
    if (nmbd) {
      say(finding::note, "nmbd of Samba runs and has the NetBIOS ports: net=netbios goes through its socket");
    } else if (taken) {
      say(finding::note,
          "UDP port 137 or 138 is in use, by a mailslotfs with net=netbios or another program (ss -lunp "
          "tells): "
          "one at a time can have them");
    } else {
      say(finding::good, "the NetBIOS ports 137 and 138 are free, for -o net=netbios");
    }
  }

  void look_at_mount() {
    const auto root = shell_quoted(around_.root);
    switch (const int code = patient_check(around_)) {
      case 0:
        return say(finding::good, "mailslotfs is mounted at " + root);
      case EAGAIN:
        return say(finding::bad, fmt::format("the mount at {0} does not answer: fusermount3 -uz {0}", root));
      case ENODEV:
      case ENOENT:
      case ENOTDIR:
        return say(finding::note, explain_mount(around_.root, code).sentence);
      default:
        return say(finding::bad, explain_mount(around_.root, code).sentence);
    }
  }

  const surroundings& around_;
  std::string text_;
  bool bad_ = false;
};

}  // namespace

int doctor(const surroundings& around) {
  return doctor_visit(around).run();
}

}  // namespace mailslot::cli

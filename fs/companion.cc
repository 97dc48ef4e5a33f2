// fork(2) and a socket pair that keeps packets apart.
#include "fs/companion.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace mailslot {
namespace {

ssize_t receive(int socket, std::span<char> room) {
  for (;;) {
    const auto size = ::recv(socket, room.data(), room.size(), 0);
    if (size >= 0 || errno != EINTR) return size;
  }
}

// Nothing of the daemon but the orders may stay open: the daemon's parent waits for the end of a pipe, and
// whoever reads its output for the end of that.
constexpr int orders_here = 3;
void let_go_of_all_but(int orders) {
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
  ::dup2(orders, orders_here);
  ::fcntl(orders_here, F_SETFD, FD_CLOEXEC);
  ::close_range(orders_here + 1, ~0U, 0);
}

}  // namespace

expected<companion> companion::start(const char* name, const std::function<void()>& prepare,
                                     const std::function<std::string_view(std::string_view)>& obey) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return refuse(std::error_code(errno, std::generic_category()));
  }
  const pid_t process = ::fork();
  if (process < 0) {
    const std::error_code failed(errno, std::generic_category());
    ::close(ends[0]);
    ::close(ends[1]);
    return refuse(failed);
  }
  if (process > 0) {
    ::close(ends[1]);
    return companion(process, ends[0]);
  }
  ::prctl(PR_SET_NAME, name);
  for (const int signal : {SIGINT, SIGHUP, SIGTERM}) std::signal(signal, SIG_IGN);
  let_go_of_all_but(ends[1]);
  prepare();
  std::array<char, longest_order> packet{};
  for (;;) {
    const auto size = receive(orders_here, packet);
    if (size <= 0) ::_exit(0);
    const auto answer = obey({packet.data(), static_cast<std::size_t>(size)});
    if (!answer.empty()) ::send(orders_here, answer.data(), answer.size(), MSG_NOSIGNAL);
  }
}

companion::companion(companion&& other) noexcept
    : process_(std::exchange(other.process_, -1)), orders_(std::exchange(other.orders_, -1)) {}

companion::~companion() {
  if (orders_ < 0) return;
  ::close(orders_);
  ::waitpid(process_, nullptr, 0);
}

bool companion::order(std::string_view what) const noexcept {
  return what.size() <= longest_order &&
         ::send(orders_, what.data(), what.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

std::string_view companion::ask(std::string_view what, std::span<char> room) const noexcept {
  if (what.size() > longest_order || ::send(orders_, what.data(), what.size(), MSG_NOSIGNAL) < 0) return {};
  const auto size = receive(orders_, room);
  return size <= 0 ? std::string_view{} : std::string_view(room.data(), static_cast<std::size_t>(size));
}

}  // namespace mailslot

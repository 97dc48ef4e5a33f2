// What a service manager hears: READY once the mount answers, STOPPING before it goes, and the exit status.
#include "tests/support/mounted.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace mailslot::test {
namespace {

// The socket of a service manager, at a path or, with '@' in front, in the abstract namespace; NOTIFY_SOCKET
// for what is started while it lives.
class fake_service_manager {
 public:
  explicit fake_service_manager(const std::string& address)
      : address_(address), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, address.data(), address.size());
    if (address.front() == '@') at.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    EXPECT_EQ(outcome(::bind(socket_.fd(), reinterpret_cast<const sockaddr*>(&at), length)), 0);
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
  }
  fake_service_manager(const fake_service_manager&) = delete;
  fake_service_manager& operator=(const fake_service_manager&) = delete;
  ~fake_service_manager() {
    ::unsetenv("NOTIFY_SOCKET");
    if (address_.front() != '@') ::unlink(address_.c_str());
  }

  // The next datagram; empty when none comes.
  std::string heard() {
    pollfd p{socket_.fd(), POLLIN, 0};
    if (!eventually([&] { return ::poll(&p, 1, 0) == 1; })) return {};
    return read_once(socket_.fd(), 4096);
  }
  bool silent() {
    pollfd p{socket_.fd(), POLLIN, 0};
    return ::poll(&p, 1, 0) == 0;
  }

 private:
  std::string address_;
  file socket_;
};

void hears_all(const std::string& address) {
  const scratch_directory place;
  fake_service_manager manager(address);
  const pid_t daemon = mounted::start(place.path(), {});
  EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=Mounted at " + place.path());
  // Without waiting for anything further:
  EXPECT_TRUE(is_mounted(place.path()));
  const std::string box = place.path() + "/box";
  EXPECT_EQ(outcome(::mknod(box.c_str(), S_IFREG, 0)), 0);
  EXPECT_EQ(post(box, "x"), 0);
  EXPECT_EQ(take(box), "x");
  EXPECT_TRUE(manager.silent());
  ::kill(daemon, SIGTERM);
  EXPECT_TRUE(manager.heard().starts_with("STOPPING=1\n"));
  EXPECT_EQ(exit_status_of(daemon), 0);
  EXPECT_FALSE(is_mounted(place.path()));
  EXPECT_TRUE(manager.silent());
}

TEST(service_manager, hears_ready_when_the_mount_works_and_stopping_before_it_goes) {
  const scratch_directory place;
  hears_all(place.path() + ".socket");
}

TEST(service_manager, may_listen_in_the_abstract_namespace) {
  hears_all("@mailslot-test-" + std::to_string(::getpid()));
}

TEST(service_manager, hears_of_the_end_when_somebody_unmounts) {
  const scratch_directory place, sockets;
  fake_service_manager manager(sockets.path() + ".socket");
  const pid_t daemon = mounted::start(place.path(), {});
  ASSERT_TRUE(manager.heard().starts_with("READY=1\n"));
  if (::geteuid() == 0) {
    EXPECT_EQ(outcome(::umount2(place.path().c_str(), 0)), 0);
  } else {
    EXPECT_EQ(::system(("fusermount3 -u " + place.path()).c_str()), 0);
  }
  EXPECT_TRUE(manager.heard().starts_with("STOPPING=1\n"));
  EXPECT_EQ(exit_status_of(daemon), 0);
}

TEST(service_manager, hears_nothing_when_there_is_no_mount) {
  const scratch_directory sockets;
  fake_service_manager manager(sockets.path() + ".socket");
  const pid_t daemon = mounted::start("/proc/self/cmdline", {});
  const int status = exit_status_of(daemon);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
  EXPECT_TRUE(manager.silent());
}

TEST(service_manager, that_is_gone_does_no_harm) {
  ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
  mounted at;
  ::unsetenv("NOTIFY_SOCKET");
  at.slot("box");
  EXPECT_EQ(post(at / "box", "x"), 0);
}

}  // namespace
}  // namespace mailslot::test

// A FUSE file whose handlers do nothing, served as mailslotfs serves: what a message costs before there is a
// message. The file is MOUNTPOINT/s; it ends when unmounted.
//
//   empty_handler MOUNTPOINT dev|uring             on the transport of mailslotfs itself
//   empty_handler MOUNTPOINT dev THREADS [clone|spin]  in ways that it does not have
//
// clone: each thread reads through a descriptor of its own. spin: a thread looks for 20 us whether the next
// request comes before it goes to sleep.
#include "fs/fuse/custom_io.h"
#include "fs/fuse/transport.h"

#include <fcntl.h>
#include <fuse.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <future>
#include <string_view>
#include <thread>
#include <vector>

// From linux/fuse.h, which does not go with fuse_lowlevel.h.
#define FUSE_DEV_IOC_CLONE _IOR(229, 0, std::uint32_t)

namespace {

constexpr fuse_ino_t file_number = 2;
constexpr std::size_t largest = 1 << 20;
const std::vector<char> zeros(largest);

struct stat attributes(fuse_ino_t number) {
  struct stat s{};
  s.st_ino = number;
  s.st_mode = number == file_number ? S_IFREG | 0666U : S_IFDIR | 0755U;
  s.st_nlink = 1;
  return s;
}

fuse_lowlevel_ops operations() {
  fuse_lowlevel_ops ops{};
  ops.lookup = [](fuse_req_t request, fuse_ino_t, const char* name) {
    if (std::strcmp(name, "s") != 0) {
      fuse_reply_err(request, ENOENT);
      return;
    }
    fuse_entry_param e{};
    e.ino = file_number;
    e.attr = attributes(file_number);
    e.attr_timeout = e.entry_timeout = 1e6;
    fuse_reply_entry(request, &e);
  };
  ops.getattr = [](fuse_req_t request, fuse_ino_t number, fuse_file_info*) {
    const struct stat s = attributes(number);
    fuse_reply_attr(request, &s, 1e6);
  };
  ops.open = [](fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
    file->direct_io = 1;
    fuse_reply_open(request, file);
  };
  ops.read = [](fuse_req_t request, fuse_ino_t, std::size_t size, off_t, fuse_file_info*) {
    fuse_reply_buf(request, zeros.data(), size < largest ? size : largest);
  };
  ops.write = [](fuse_req_t request, fuse_ino_t, const char*, std::size_t size, off_t, fuse_file_info*) {
    fuse_reply_write(request, size);
  };
  return ops;
}

enum class manner { plain, clone, spin };

// The descriptor that this thread reads from and answers to.
thread_local int own_descriptor = -1;

constexpr fuse_custom_io own_io = mailslot::custom_io(
    [](int, iovec* parts, int count, void*) { return ::writev(own_descriptor, parts, count); },
    [](int, void* into, std::size_t room, void*) { return ::read(own_descriptor, into, room); });

int clone_of(int device) {
  std::uint32_t source = static_cast<std::uint32_t>(device);
  const int made = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (made >= 0 && ::ioctl(made, FUSE_DEV_IOC_CLONE, &source) == 0) return made;
  std::abort();
}

// Looks again and again for a while, and then waits. The descriptor does not block.
int receive_spinning(fuse_session* session, fuse_buf& request) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(20);
  for (;;) {
    const int size = fuse_session_receive_buf(session, &request);
    if (size != -EAGAIN) return size;
    if (std::chrono::steady_clock::now() < until) continue;
    pollfd p{own_descriptor, POLLIN, 0};
    ::poll(&p, 1, -1);
    return fuse_session_receive_buf(session, &request);
  }
}

void serve(fuse_session* session, manner how) {
  own_descriptor = how == manner::clone ? clone_of(fuse_session_fd(session)) : fuse_session_fd(session);
  fuse_buf request{};
  while (fuse_session_exited(session) == 0) {
    const int size = how == manner::spin ? receive_spinning(session, request)
                                         : fuse_session_receive_buf(session, &request);
    if (size == -EINTR || size == -EAGAIN) continue;
    if (size <= 0) break;
    fuse_session_process_buf(session, &request);
  }
  std::free(request.mem);
}

// Serves until it is unmounted.
void serve_in_own_way(fuse_session* session, int device, unsigned threads, manner how) {
  if (how == manner::spin) ::fcntl(device, F_SETFL, O_NONBLOCK);
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) workers.emplace_back(serve, session, how);
  for (auto& w : workers) w.join();
}

void serve_as_mailslotfs(fuse_session* session, mailslot::transport& over) {
  std::promise<void> ended;
  over.start(*session, {.settled = [](const std::string&, const std::string&) {},
                        .ended = [&ended] { ended.set_value(); }});
  ended.get_future().wait();
  fuse_session_exit(session);
  over.stop();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const bool own_way = argc > 3;
  const std::string_view last = argc > 4 ? argv[4] : "";
  const auto kind =
      std::string_view(argv[2]) == "uring" ? mailslot::transport_kind::uring : mailslot::transport_kind::dev;
  const auto transport = mailslot::open_transport(kind, 0);
  if (!transport) return 1;
  const auto ops = operations();
  std::array<char*, 1> words = {argv[0]};
  fuse_args args = FUSE_ARGS_INIT(1, words.data());
  fuse_session* session = fuse_session_new(&args, &ops, sizeof(ops), nullptr);
  const int device = fuse_open_channel(argv[1], "allow_other");
  const auto& io = own_way ? own_io : transport->made->io();
  if (!session || device < 0 || fuse_session_custom_io(session, &io, device) != 0) return 1;
  if (own_way) {
    const manner how = last == "clone" ? manner::clone : last == "spin" ? manner::spin : manner::plain;
    serve_in_own_way(session, device, static_cast<unsigned>(std::atoi(argv[3])), how);
  } else {
    serve_as_mailslotfs(session, *transport->made);
  }
  fuse_session_destroy(session);
  return 0;
}

// A FUSE file whose handlers do nothing, served as mailslotfs serves: what a message costs before there is a
// message. Usage: empty_handler MOUNTPOINT; ends when unmounted. The file is MOUNTPOINT/s.
#include <fuse_lowlevel.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

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

void serve(fuse_session* session) {
  fuse_buf request{};
  while (fuse_session_exited(session) == 0) {
    const int size = fuse_session_receive_buf(session, &request);
    if (size == -EINTR) continue;
    if (size <= 0) break;
    fuse_session_process_buf(session, &request);
  }
  std::free(request.mem);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto ops = operations();
  std::array<char*, 1> words = {argv[0]};
  fuse_args args = FUSE_ARGS_INIT(1, words.data());
  fuse_session* session = fuse_session_new(&args, &ops, sizeof(ops), nullptr);
  if (!session || fuse_session_mount(session, argv[1]) != 0) return 1;
  std::vector<std::thread> workers;
  const unsigned count = std::max(2U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < count; ++i) workers.emplace_back(serve, session);
  for (auto& w : workers) w.join();
  fuse_session_unmount(session);
  fuse_session_destroy(session);
  return 0;
}

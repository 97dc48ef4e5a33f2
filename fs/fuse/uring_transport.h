// FUSE over io_uring: a ring and a thread for each CPU, on which the caller's request is answered. INIT,
// INTERRUPT and FORGET, and everything if the kernel has second thoughts, come over /dev/fuse.
#pragma once

#include "fs/fuse/device_readers.h"
#include "fs/fuse/signal_watch.h"
#include "fs/fuse/transport.h"
#include "fs/fuse/uring_ring.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mailslot {

class uring_transport final : public transport {
 public:
  using made = tl::expected<std::unique_ptr<uring_transport>, std::string>;
  // Where the kernel and the process's place in it allow. `workers` as open_transport() says. The error is a
  // phrase for people: what forbids it.
  static made open(unsigned workers);
  // Without looking: rings for `cpus` CPUs.
  static made make(unsigned workers, unsigned cpus);
  ~uring_transport() override;

  const fuse_custom_io& io() const override;
  void start(fuse_session& session, events tell) override;
  void stop() override;
  transport_figures figures() const override;

 private:
  enum class way { undecided, rings, device };

  explicit uring_transport(unsigned workers) : workers_(workers) {}
  void read(fuse_buf& request);
  void begin(fuse_buf& init);
  void interrupt(const fuse_buf& request);
  ssize_t answer_init(int fd, const iovec* parts, int count);
  static ssize_t write(int fd, iovec* parts, int count, void*);
  void ring_settled(std::error_code failed);
  void ring_broke(std::error_code why);
  void decide(way which, const std::string& why_not);

  const unsigned workers_;
  fuse_session* session_ = nullptr;
  events tell_;
  std::vector<std::unique_ptr<uring_ring>> rings_;
  std::unique_ptr<signal_watch> signals_;
  std::unique_ptr<device_readers> readers_;

  std::size_t payload_ = 0;  // that INIT agreed upon; 0: no rings. The thread's that reads INIT
  std::atomic<way> way_ = way::undecided;
  std::atomic<bool> broken_ = false;
  std::mutex mutex_;
  std::size_t registered_ = 0;  // rings
  std::atomic<std::uint64_t> unheard_ = 0;
};

// The numbers of CPUs in a list of the kernel as "0-3,8": how many. 0 if it makes no sense.
unsigned count_cpus(std::string_view list) noexcept;

}  // namespace mailslot

// How requests of the kernel come to libfuse and answers go back: over /dev/fuse, or over io_uring. Knows a
// session of libfuse, and nothing of slots, names or mounts.
#pragma once

#include <fuse_lowlevel.h>
#include <tl/expected.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

namespace mailslot {

enum class transport_kind {
  automatic,  // io_uring where everything that it needs is there, else /dev/fuse
  uring,
  dev,
};

// What a transport counts, for .metrics.
struct transport_figures {
  std::string name;                // "io_uring" or "dev"
  std::uint64_t threads = 0;       // that serve requests
  std::uint64_t entries = 0;       // requests that the rings have room for
  std::uint64_t parked = 0;        // requests that wait for their answer now, each of which keeps an entry
  std::uint64_t most_parked = 0;   // since the start, in all rings; the sum of each ring's own
  std::uint64_t refused = 0;       // requests that would have had to wait and were not let, for want of room
  std::uint64_t dry = 0;           // times that a ring ran out of entries and the kernel had to be asked
  std::uint64_t unheard = 0;       // signals that the kernel did not tell of
  std::uint64_t courteous = 0;     // times that a ring's thread began to let all others go first
  std::uint64_t kept_waiting = 0;  // times that it ceased because it was kept waiting
  std::uint64_t descriptors = 1;   // of /dev/fuse, over which requests that wait are spread
  std::uint64_t descriptors_refused = 0;  // times that there was not one more when one was wanted
};
// In the text format of Prometheus.
std::string metrics_text(const transport_figures& figures);

class transport {
 public:
  // Both may be called from any thread.
  struct events {
    // Which way requests come, known once the kernel has answered: "io_uring" or "dev"; and why it is not the
    // other one, if that was wanted (a phrase for people). Once.
    std::function<void(const std::string& name, const std::string& why_not)> settled;
    // The kernel asks no more: unmounted (also by the one who then calls stop()), or aborted. At most once.
    std::function<void()> ended;
    // The kernel goes on asking, but some requests are answered no more: their callers, whom no signal
    // reaches, wait until the mount is ended. At most once.
    std::function<void(std::error_code why)> broken = [](std::error_code) {};
  };

  transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;
  // Stops.
  virtual ~transport() = default;

  // What the session is given, with the descriptor of /dev/fuse: fuse_session_custom_io().
  virtual const fuse_custom_io& io() const = 0;
  // Serves `session`, which must outlive stop(). INIT was not read yet.
  virtual void start(fuse_session& session, events tell) = 0;
  // Ends the threads. Answers that were given before still leave; later ones are refused with ENOENT.
  virtual void stop() = 0;

  // Any thread.
  virtual transport_figures figures() const = 0;
};

struct transport_choice {
  std::unique_ptr<transport> made;
  // Empty: it is, as far as can be told before the kernel was asked; or not wanted.
  std::string why_not_uring;
  // By CAP_SYS_NICE, and not otherwise, its threads come back from being the last (scheduling.h).
  bool needs_nice;
};
// `workers`: threads that read /dev/fuse; 0 = as many as fit the machine. Nothing is mounted yet. May raise
// this process's RLIMIT_NICE (keep_way_back()). The error, for transport_kind::uring alone, is a phrase for
// people: why not.
tl::expected<transport_choice, std::string> open_transport(transport_kind kind, unsigned workers);

}  // namespace mailslot

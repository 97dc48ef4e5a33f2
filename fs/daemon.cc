// Wiring: clock, budget, deadlines, tree, adapter, session; timers and signals on one io_context.
#include "fs/daemon.h"

#include "fs/arrivals.h"
#include "fs/clock.h"
#include "fs/deputy.h"
#include "fs/fuse/mount_table.h"
#include "fs/log.h"
#include "fs/network.h"
#include "fs/notify.h"
#include "fs/privilege.h"
#include "fs/tree/info.h"
#include "fs/tree/metrics.h"
#include "fs/tree/remote.h"
#include "fs/tree/views.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <memory>
#include <mutex>

namespace mailslot {
namespace {

namespace asio = boost::asio;

// Sleeps until the next deadline.
class deadline_timer {
 public:
  deadline_timer(asio::io_context& io, const daemon_clock& clock)
      : timer_(io), io_(io), clock_(clock), due([this](moment when) { closer(when); }) {}

 private:
  // Any thread: a deadline came closer than all others.
  void closer(moment when) {
    asio::post(io_, [this, when] {
      if (when < armed_) arm(when);
    });
  }

  void arm(moment when) {
    armed_ = when;
    if (when == never) return;
    timer_.expires_after(when - clock_.now());
    timer_.async_wait([this](const boost::system::error_code& aborted) {
      if (aborted) return;
      armed_ = never;
      arm(due.fire(clock_.now()));
    });
  }

  asio::steady_timer timer_;
  asio::io_context& io_;
  const daemon_clock& clock_;
  moment armed_ = never;

 public:
  deadlines due;
};

// The clock looks at the wall clock every minute.
class clock_adjuster {
 public:
  clock_adjuster(asio::io_context& io, daemon_clock& clock) : timer_(io), clock_(clock) { again(); }

 private:
  void again() {
    timer_.expires_after(std::chrono::minutes(1));
    timer_.async_wait([this](const boost::system::error_code& aborted) {
      if (aborted) return;
      clock_.adjust();
      again();
    });
  }

  asio::steady_timer timer_;
  daemon_clock& clock_;
};

// Seconds in /proc/sys/fs/fuse/NAME; 0 = no limit, or a kernel that knows none.
long kernel_limit(const char* name) {
  std::ifstream file(std::string("/proc/sys/fs/fuse/") + name);
  long seconds = 0;
  file >> seconds;
  return seconds;
}

// Where the kernel aborts a mount whose requests take too long, blocked reads end before that.
duration longest_wait() {
  long least = 0;
  for (const char* name : {"default_request_timeout", "max_request_timeout"}) {
    if (const long s = kernel_limit(name); s > 0 && (least == 0 || s < least)) least = s;
  }
  if (least == 0) return forever;
  // The kernel looks every 15 seconds (fs/fuse/dev.c), so a request may be taken for older than it is.
  const auto wait = std::chrono::seconds(std::max(1L, least - 20));
  log::warning(
      "the kernel ends FUSE requests after {} s (fs.fuse.*_request_timeout): blocked reads end with end of "
      "file after {} s, going on",
      least, wait.count());
  return wait;
}

log::level level_of(int priority) {
  return static_cast<log::level>(std::max(priority, static_cast<int>(log::level::error)));
}

// .info/.config: the options as they are, for all users of the mount to read. Root and `owner` may write
// log_level=LEVEL.
text_source running_config(const options& how, const ownership& owner, moment now) {
  text_source source;
  source.read = [how](moment) {
    options as_it_is = how;
    as_it_is.log_level = log::current_level();
    return config_text(as_it_is);
  };
  source.write = [owner](std::string_view text, const credentials& who, moment) -> std::error_code {
    if (!who.is_root() && who.uid != owner.uid) return errc::not_owner;
    const auto level = read_log_level(text);
    if (!level) return errc::bad_value;
    log::set_level(*level);
    log::notice("log_level is {} now", log::name_of(*level));
    return {};
  };
  source.owner = [owner] { return ownership{0644, owner.uid, owner.gid}; };
  source.dated = now;
  return source;
}

std::string over_device(const std::string& why_not_uring) {
  if (why_not_uring.empty()) return "requests come over /dev/fuse";
  return fmt::format("requests come over /dev/fuse; not over io_uring: {}", why_not_uring);
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

void tell_service_manager(std::string_view state) {
  if (!notify_service_manager(state)) log::warning("the service manager does not listen, going on");
}

}  // namespace

int run_daemon(const options& how, const std::function<void()>& usable) {
  log::set_level(how.log_level);
  session::listen({.wants = [](int priority) { return log::wants(level_of(priority)); },
                   .say = [](int priority, auto text) { log::say(level_of(priority), text); }});
  auto toucher = errand::start(how.mount.mountpoint);
  if (!toucher) {
    log::error("cannot start a process: {}", toucher.error().message());
    return 1;
  }
  auto helper = deputy::start(how.mount.mountpoint);
  if (!helper) {
    log::error("cannot start a process: {}", helper.error().message());
    return 1;
  }
  daemon_clock clock;
  asio::io_context io(1);
  asio::signal_set signals(io, SIGINT, SIGTERM, SIGHUP);
  deadline_timer timer(io, clock);
  clock_adjuster adjuster(io, clock);

  auto online = network::open(io, how.network);
  if (!online) {
    log::error("{}", online.error());
    return 1;
  }

  budget memory(how.total_bytes, how.user_bytes);
  commons shared{.memory = memory, .timers = timer.due, .longest_wait = longest_wait()};
  tree_options names = how.names;
  names.root.uid = ::getuid();
  names.root.gid = ::getgid();
  tree slots(names, shared, clock.now());
  add_info(slots, running_config(how, names.root, clock.now()));
  add_views(slots, host_name());
  arrivals seen_by_inotify(io, slots, *toucher);
  const auto arrived = [&](slot_node& into) { seen_by_inotify.came(into); };
  add_network(slots, online->transport(), [&] { return clock.now(); }, arrived);
  std::unique_ptr<session> mounted;  // before anything is asked for
  filesystem fs(slots, clock);
  add_metrics(slots, [&] {
    return fmt::format(
        "# HELP mailslot_untouched_total Arrivals that inotify was not told of.\n"
        "# TYPE mailslot_untouched_total counter\nmailslot_untouched_total {}\n"
        "# HELP mailslot_no_memory_total Requests that were refused because the system gave no memory.\n"
        "# TYPE mailslot_no_memory_total counter\nmailslot_no_memory_total {}\n{}",
        seen_by_inotify.untouched(), fs.refused_for_memory(), metrics_text(mounted->figures()));
  });
  fs.arrived = arrived;
  fs.dies_of_a_signal = [&](pid_t pid) { return (*helper)->dies_of_a_signal(pid); };
  fs.makes_a_directory = [&](pid_t thread) { return (*helper)->makes_a_directory(thread); };
  // In the log, not on the terminal of whoever started a daemon: once that has let go of it.
  std::string transport_said;
  bool in_use = false;
  const auto say_transport = [&] {
    if (in_use && !transport_said.empty()) log::notice("{}", std::exchange(transport_said, {}));
  };
  // A log that there is no memory for either may have its line next time.
  fs.no_memory = [once = std::make_shared<std::once_flag>()]() noexcept {
    try {
      std::call_once(*once, [] { log::error("no memory for a request, refusing it and going on"); });
    } catch (const std::bad_alloc&) {
    }
  };
  fs.ready = [&] {
    asio::post(io, [&] {
      usable();
      in_use = true;
      say_transport();
      tell_service_manager(fmt::format("READY=1\nSTATUS=Mounted at {}", how.mount.mountpoint));
    });
  };

  if (session::detach_dead(how.mount.mountpoint)) {
    log::notice("detached the dead mount at \"{}\"", how.mount.mountpoint);
  }
  if (const auto there = topmost_mount(how.mount.mountpoint); there && there->type == "fuse.mailslotfs") {
    log::error("mailslotfs is mounted at \"{0}\" already (fusermount3 -u {0} ends it)", how.mount.mountpoint);
    return 1;
  }
  mount_options place = how.mount;
  place.unmount = [&](const std::string&) { (*helper)->unmount(); };
  auto way = open_transport(how.mount.transport, how.mount.workers);
  if (!way) {
    log::error("cannot serve over io_uring: {}", way.error());
    return 1;
  }
  if (auto made = session::mount(fs, place, std::move(way->made))) {
    mounted = std::move(*made);
  } else {
    log::error("cannot mount at \"{}\": {}", how.mount.mountpoint, made.error().message());
    return 1;
  }
  // The ports are bound, the mount is there, and no thread has begun.
  if (const auto failed = way->needs_nice ? keep_only({CAP_SYS_NICE}, programs::gain_nothing)
                                          : keep_only({}, programs::gain_nothing)) {
    log::error("cannot give up privileges: {}", failed.message());
    return 1;
  }
  bool ending = false;
  const auto end = [&] {
    if (std::exchange(ending, true)) return;
    tell_service_manager("STOPPING=1\nSTATUS=Ending");
    online->stop([&] { io.stop(); });
  };
  signals.async_wait([&](const boost::system::error_code& aborted, int number) {
    if (aborted) return;
    log::info("ending on signal {}", number);
    end();
  });
  const auto settled = [&, why_not_uring = way->why_not_uring](const std::string& name, std::string why_not) {
    if (why_not.empty()) why_not = why_not_uring;
    asio::post(io, [&, text = name == "dev" ? over_device(why_not) : "requests come over io_uring"] {
      transport_said = text;
      say_transport();
    });
  };
  bool broken = false;
  const auto end_broken = [&](std::error_code why) {
    asio::post(io, [&, why] {
      log::error("requests over io_uring are served no more: {}; ending", why.message());
      broken = true;
      end();
    });
  };
  mounted->start({.settled = settled, .ended = [&] { asio::post(io, end); }, .broken = end_broken});
  online->start();
  io.run();

  slots.shut_down();
  online->abandon();
  mounted->stop();
  return broken ? 1 : 0;
}

}  // namespace mailslot

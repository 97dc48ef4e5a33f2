// Which transport it shall be, and its figures.
#include "fs/fuse/transport.h"

#include "fs/fuse/dev_transport.h"
#include "fs/fuse/scheduling.h"
#include "fs/fuse/uring_transport.h"

#include <fmt/format.h>

namespace mailslot {

tl::expected<transport_choice, std::string> open_transport(transport_kind kind, unsigned workers) {
  std::string why_not;
  if (kind != transport_kind::dev) {
    auto rings = uring_transport::open(workers);
    if (rings) return transport_choice{std::move(*rings), {}, !keep_way_back() && may_go_last()};
    if (kind == transport_kind::uring) return tl::unexpected(rings.error());
    why_not = rings.error();
  }
  return transport_choice{std::make_unique<dev_transport>(workers), why_not, false};
}

std::string metrics_text(const transport_figures& figures) {
  std::string text = fmt::format(
      "# HELP mailslot_transport How requests of the kernel come: over io_uring, or over /dev/fuse (dev).\n"
      "# TYPE mailslot_transport gauge\nmailslot_transport{{kind=\"{}\"}} 1\n",
      figures.name);
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                       std::uint64_t value) {
    fmt::format_to(std::back_inserter(text), "# HELP {0} {2}\n# TYPE {0} {1}\n{0} {3}\n", name, type, help,
                   value);
  };
  add("mailslot_transport_threads", "gauge", "Threads that serve requests.", figures.threads);
  add("mailslot_ring_entries", "gauge", "Requests that the rings have room for.", figures.entries);
  add("mailslot_ring_parked", "gauge", "Requests in the rings that wait for their answer.", figures.parked);
  add("mailslot_ring_parked_most", "gauge", "The most of those so far, summed over the rings.",
      figures.most_parked);
  add("mailslot_ring_refused_total", "counter", "Requests that could not wait for want of room in a ring.",
      figures.refused);
  add("mailslot_ring_dry_total", "counter", "Times that a ring had no entry left for the kernel.",
      figures.dry);
  add("mailslot_ring_unheard_total", "counter", "Signals to waiting readers that the kernel did not tell of.",
      figures.unheard);
  add("mailslot_ring_courteous_total", "counter",
      "Times that a ring's thread began to let everybody else go first.", figures.courteous);
  add("mailslot_ring_kept_waiting_total", "counter", "Times that it ceased because it was kept waiting.",
      figures.kept_waiting);
  add("mailslot_device_descriptors", "gauge",
      "Descriptors of /dev/fuse, over which requests that wait are spread.", figures.descriptors);
  add("mailslot_device_descriptors_refused_total", "counter",
      "Times that the system had no further descriptor of /dev/fuse.", figures.descriptors_refused);
  return text;
}

}  // namespace mailslot

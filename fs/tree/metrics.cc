// Counting for Prometheus. https://prometheus.io/docs/instrumenting/exposition_formats/
#include "fs/tree/metrics.h"

#include "fs/slot/text_codec.h"
#include "fs/tree/text_node.h"

#include <fmt/format.h>

#include <array>

namespace mailslot {
namespace {

void describe(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(text), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void total(std::string& text, std::string_view name, std::string_view type, std::string_view help,
           std::uint64_t value) {
  describe(text, name, type, help);
  fmt::format_to(std::back_inserter(text), "{} {}\n", name, value);
}

struct slot_metric {
  std::string_view name, type, help;
  std::uint64_t (*value)(const figures&);
};

constexpr auto slot_metrics = std::to_array<slot_metric>({
    {"mailslot_slot_messages", "gauge", "Messages that wait.",
     [](auto& f) { return std::uint64_t{f.count}; }},
    {"mailslot_slot_bytes", "gauge", "Bytes in those.", [](auto& f) { return f.bytes; }},
    {"mailslot_slot_waiting", "gauge", "Blocked reads.", [](auto& f) { return std::uint64_t{f.waiting}; }},
    {"mailslot_slot_posted_total", "counter", "Messages posted.", [](auto& f) { return f.posted; }},
    {"mailslot_slot_taken_total", "counter", "Messages taken.", [](auto& f) { return f.taken; }},
    {"mailslot_slot_dropped_total", "counter", "Messages dropped because the slot was full, or purged.",
     [](auto& f) { return f.dropped; }},
    {"mailslot_slot_expired_total", "counter", "Messages that waited longer than ttl.",
     [](auto& f) { return f.expired; }},
    {"mailslot_slot_lost_total", "counter", "Copies that slow tail readers lost.",
     [](auto& f) { return f.lost; }},
});

}  // namespace

// One byte that is no UTF-8 would make the whole text unreadable. Names have no backslash, so no other name
// looks like this one.
std::string escaped_label(std::string_view value) {
  const bool readable = json_escaped_size(value).has_value();
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
    } else if (!readable && static_cast<unsigned char>(c) >= 0x80) {
      fmt::format_to(std::back_inserter(out), "\\\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string metrics_text(const tree& of, moment now) {
  const commons& c = of.shared();
  std::string text;
  total(text, "mailslot_names", "gauge", "Slots, directories and symlinks.", of.made());
  total(text, "mailslot_memory_bytes", "gauge", "What all messages take, bookkeeping included.",
        c.memory.used());
  total(text, "mailslot_memory_limit_bytes", "gauge", "The bound of that (total_bytes).",
        c.memory.total_bytes());
  total(text, "mailslot_memory_refused_total", "counter", "Messages over total_bytes or user_bytes.",
        c.memory.refused());
  total(text, "mailslot_waiting", "gauge", "Blocked reads.", c.waiting);
  total(text, "mailslot_posted_total", "counter", "Messages posted.", c.posted);
  total(text, "mailslot_taken_total", "counter", "Messages taken.", c.taken);
  total(text, "mailslot_dropped_total", "counter", "Messages dropped from full or purged slots.", c.dropped);
  total(text, "mailslot_expired_total", "counter", "Messages that waited longer than ttl.", c.expired);
  total(text, "mailslot_refused_total", "counter", "Messages that a slot's limits refused.", c.refused);

  std::vector<std::pair<std::string, figures>> slots;
  of.for_each_slot([&](const std::string& path, slot_node& s) {
    slots.emplace_back(escaped_label(path), s.content().count(now));
  });
  for (const auto& m : slot_metrics) {
    describe(text, m.name, m.type, m.help);
    for (const auto& [path, f] : slots) {
      fmt::format_to(std::back_inserter(text), "{}{{slot=\"{}\"}} {}\n", m.name, path, m.value(f));
    }
  }
  return text;
}

void add_metrics(tree& to, std::function<std::string()> more) {
  text_source source;
  source.read = [&to, more = std::move(more)](moment now) {
    return metrics_text(to, now) + (more ? more() : "");
  };
  // Names and figures of slots in closed directories are in it: for whoever owns the mount.
  source.owner = [&to] {
    ownership o = to.root()->owner();
    o.mode = 0440;
    return o;
  };
  to.reserve(".metrics", std::make_shared<text_node>(to.next_number(), std::move(source)));
}

}  // namespace mailslot

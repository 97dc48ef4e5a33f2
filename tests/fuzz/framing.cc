// Any bytes written through a view, at once and in pieces of any size: the messages are the same, and what a
// reader of the same view sees of them is written back to the same again.
#include "fs/slot/framing.h"

#include "fs/slot/slot.h"
#include "fs/slot/write_stream.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace mailslot;

namespace {

// What a slot has when `text` was written to it in pieces of `step` bytes until one was refused.
std::vector<std::string> messages_of(const framing& how, std::string_view text, std::size_t step,
                                     std::uint32_t longest = 4096) {
  budget memory(0, 0);
  deadlines timers;
  commons shared{memory, timers};
  const settings limits{.max_message_size = longest};
  const moment now{std::chrono::hours(12)};
  slot to(shared, limits, now);
  write_stream stream(how);
  bool refused = false;
  while (!text.empty() && !refused) {
    const auto piece = text.substr(0, step);
    const auto accepted = stream.write(to, {.offset = 0, .by = {}, .now = now}, as_bytes(piece));
    if (accepted && (*accepted == 0 || *accepted > piece.size())) std::abort();
    refused = !accepted;
    if (accepted) text.remove_prefix(*accepted);
  }
  static_cast<void>(stream.finish(to, {}, refused, now));
  std::vector<std::string> all;
  while (const auto m = to.take(now, true)) all.emplace_back(m->text());
  return all;
}

// What a reader sees of them.
std::string shown(const framing& how, const std::vector<std::string>& messages) {
  const view_environment around{"host"};
  budget memory(0, 0);
  std::string all;
  for (const auto& body : messages) {
    const auto m = message::copy(as_bytes(body), {.uid = 1, .gid = 2, .pid = 3, .from = {}}, memory);
    if (!m) std::abort();
    const auto before = all.size();
    how.encode(**m, around, all);
    if (all.size() - before != how.encoded_size(**m, around)) std::abort();
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto known = [] {
    std::vector<const framing*> streams;
    for (const std::string_view word : {"lines", "frames", "json", "file"}) {
      streams.push_back(&std::ranges::find(framings(), word, &framing_row::word)->get());
    }
    return streams;
  }();
  if (size < 2) return 0;
  const framing& how = *known[data[0] % known.size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = messages_of(how, text, std::string_view::npos);
  if (whole != messages_of(how, text, 1 + data[1] % 64U)) std::abort();

  if (how.verbatim()) return 0;
  const auto seen = shown(how, whole);
  if (shown(how, messages_of(how, seen, std::string_view::npos, 1U << 16U)) != seen) std::abort();
  return 0;
}

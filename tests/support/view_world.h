// Slots opened through views, with readers made of paper. For tests of handles.
#pragma once

#include "fs/slot/view.h"
#include "tests/support/slot_world.h"

#include <memory>
#include <string>
#include <vector>

namespace mailslot::test {

using texts = std::vector<std::string>;

struct view_world : slot_world {
  using slot_world::slot_world;

  slot_ref inbox = make_slot();
  sender writer{.uid = 1000, .gid = 100, .pid = 42};

  expected<std::unique_ptr<handle>> try_open(std::string_view words, access how, slot_ref at = {}) {
    const auto v = parse_view(words);
    if (!v) return refuse(errc::no_such_name);
    auto here = attendance::join(at ? at : inbox, how, {}, counts_as_reader(*v, how));
    if (!here) return refuse(here.error());
    return open_view(*v, std::move(*here), view_environment{"host"});
  }
  std::unique_ptr<handle> open(std::string_view words, access how = access::read, slot_ref at = {}) {
    return std::move(try_open(words, how, std::move(at)).value());
  }

  static constexpr std::size_t plenty = 131'072;

  // Starts a read; its outcome is in `to`, now or later.
  void read(handle& from, recorded_answer& to, std::uint64_t offset = 0, std::size_t room = plenty,
            bool nonblocking = false) {
    from.read({.offset = offset, .room = room, .nonblocking = nonblocking, .now = now}, to);
  }
  // What a read gets at once: its bytes, or the sentence of its error, or that it waits.
  std::string reads(handle& from, std::uint64_t offset = 0, std::size_t room = plenty,
                    bool nonblocking = false) {
    recorded_answer answer;
    read(from, answer, offset, room, nonblocking);
    if (answer.waits()) {
      answer.signal();
      return "(waits)";
    }
    if (answer.answers() != 1) return "(answered more than once)";
    return answer.error() ? "(" + answer.error().message() + ")" : answer.text();
  }
  static std::string failing(errc why) { return "(" + make_error_code(why).message() + ")"; }

  // All that a program sees that reads at its position until the end, in pieces of `room`.
  std::string read_to_end(handle& from, std::size_t room = plenty) {
    std::string all;
    for (;;) {
      const std::string piece = reads(from, all.size(), room);
      if (piece.empty()) return all;
      if (piece.starts_with('(')) return all + piece;
      all += piece;
    }
  }

  expected<std::size_t> write(handle& to, std::string_view bytes) {
    return to.write({.by = writer, .now = now}, as_bytes(bytes));
  }
  std::error_code flush(handle& of, bool killed = false) { return of.flush(writer, killed, now); }

  texts waiting_in(slot& s) {
    texts all;
    for (const auto& m : s.snapshot(now)) all.emplace_back(m->text());
    return all;
  }
  texts waiting() { return waiting_in(*inbox); }
  void fill(const texts& messages) {
    for (const auto& text : messages) post(*inbox, text);
  }
};

}  // namespace mailslot::test

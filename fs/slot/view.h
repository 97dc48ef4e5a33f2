// The words in /mailslot/.as/WORD+WORD/PATH and what they mean together. Three axes that compose: how
// messages are framed, whether they are taken, and how long a read waits; or `strict` alone. What makes no
// sense together is no view at all.
//
// Refused: two words of one axis, a word twice, `strict` with any other, `peek+wait` (a peek never waits),
// `tail+wait` (it says nothing new: a tail always waits) and `file+tail` (one message is no stream of
// copies).
#pragma once

#include "fs/slot/framing.h"
#include "fs/slot/handle.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailslot {

enum class taking : std::uint8_t { take, peek, tail };
enum class waiting : std::uint8_t { slot, wait };  // as the slot's read_timeout says, or for ever

struct view {
  const framing* frame = &whole_framing();
  taking source = taking::take;
  waiting patience = waiting::slot;
  bool strict = false;

  // The same view has the same value, in whatever order its words came.
  friend bool operator==(const view&, const view&) = default;
};

// "json+tail" in any order; lower case only. Nothing: it is no view (ENOENT).
std::optional<view> parse_view(std::string_view words);

// The words of a view in the order framing, taking, waiting: one name for one view. Empty for the default.
std::string name_of(const view& v);

struct view_word {
  std::string_view word;
  std::string_view help;  // one line, no full stop
};
// All words in the order in which they are explained.
std::vector<view_word> view_words();

// Whether a handle opened like this takes messages, and so counts as a reader of the slot and in `exclusive`;
// for attendance::join().
bool counts_as_reader(const view& v, access how);

// Opens a slot through a view; `at` says for what.
// Errors: not_permitted (writing where a view only reads).
expected<std::unique_ptr<handle>> open_view(const view& how, attendance at, view_environment around);

}  // namespace mailslot

// A tree of names with everything around it, and a clock that the test moves by hand.
#pragma once

#include "fs/tree/info.h"
#include "fs/tree/metrics.h"
#include "fs/tree/tree.h"
#include "tests/support/recorded_answer.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace mailslot::test {

using namespace std::chrono_literals;

inline constexpr credentials root_user{0, 0}, alice{1000, 100}, bob{1001, 100};

struct tree_world {
  explicit tree_world(const tree_options& how = {}) : names(how, shared, now) {
    names.names_changed = [this] { ++names_told; };
    names.attributes_changed = [this](named_node& what) { attributes_told.push_back(what.number()); };
    add_info(names, {.read = [](moment) { return "about = \"all\"\n"; },
                     .owner = [] { return ownership{0444, 0, 0}; }});
    add_metrics(names, {});
  }

  budget memory{0, 0};
  deadlines timers;
  commons shared{memory, timers};
  moment now{12h};
  tree names;
  int names_told = 0;                          // how often the kernel was told to forget names
  std::vector<std::uint64_t> attributes_told;  // and attributes

  // Each returns what was refused, or nothing. `path` from the root.
  std::error_code make_slot(std::string_view path, const credentials& who = alice,
                            creation how = {.exclusive = true}) {
    return error_of(names.make_slot(*parent(path), leaf(path), how, who, now));
  }
  std::error_code make_directory(std::string_view path, const credentials& who = alice, mode_t mode = 0755) {
    return error_of(names.make_directory(*parent(path), leaf(path), mode, who, now));
  }
  std::error_code make_link(std::string_view path, std::string_view target, const credentials& who = alice) {
    return error_of(names.make_link(*parent(path), leaf(path), target, who, now));
  }
  std::error_code remove(std::string_view path, const credentials& who = alice,
                         tree::removal what = tree::removal::file) {
    return names.remove(*parent(path), leaf(path), what, who, now);
  }
  std::error_code rename(std::string_view from, std::string_view to, const credentials& who = alice,
                         bool replace = true) {
    return names.rename(*parent(from), leaf(from), *parent(to), leaf(to), replace, who, now);
  }
  node_ref find(std::string_view path) const {
    auto found = names.resolve(path, now);
    return found ? *found : nullptr;
  }
  bool there(std::string_view path) const { return find(path) != nullptr; }
  slot_node& slot_at(std::string_view path) const { return *find(path)->slot_behind(); }

  // The names in a directory, in order, with blanks between them.
  std::string list(std::string_view path = {}) const {
    auto entries = names.list(*find(path)).value();
    std::ranges::sort(entries, {}, &directory_entry::name);
    std::string all;
    for (const auto& e : entries) all += (all.empty() ? "" : " ") + e.name;
    return all;
  }

  std::unique_ptr<handle> open(std::string_view path, access how, const credentials& who = alice) {
    auto opened = names.open(*find(path), {how, who, now});
    return opened ? std::move(*opened) : nullptr;
  }
  // The text of a file that is made when it is read.
  std::string read_text(std::string_view path) {
    const auto opened = open(path, access::read);
    recorded_answer answer;
    opened->read({.offset = 0, .room = 1'000'000, .now = now}, answer);
    return answer.text();
  }
  std::error_code write_text(std::string_view path, std::string_view text, const credentials& who = alice) {
    const auto opened = open(path, access::write, who);
    const sender by{who.uid, who.gid, 1, {}};
    return error_of(opened->write({0, by, now}, as_bytes(text)));
  }
  std::error_code post(std::string_view path, std::string_view text) {
    auto m = message::copy(as_bytes(text), sender{1000, 100, 1, {}}, memory);
    return error_of(slot_at(path).content().post(std::move(*m), now));
  }

  template <class T>
  static std::error_code error_of(const expected<T>& outcome) {
    return outcome ? std::error_code() : outcome.error();
  }

 private:
  static std::string_view leaf(std::string_view path) { return path.substr(path.rfind('/') + 1); }
  node_ref parent(std::string_view path) const {
    const auto cut = path.rfind('/');
    return cut == std::string_view::npos ? names.root() : find(path.substr(0, cut));
  }
};

}  // namespace mailslot::test

// The subcommands of `mailslot`: what each takes, and the function that does it and returns its exit status.
// They know no option syntax; arguments.cc fills in the structures.
#pragma once

#include "fs/cli/surroundings.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailslot::cli {

struct create_options {
  std::string name;
  std::vector<std::string> attributes;  // key=value
  std::optional<unsigned> mode;
  bool parents = false;  // make the directories above it
  bool existing_ok = false;
};
int create(const surroundings& around, const create_options& options);

struct rm_options {
  std::vector<std::string> names;
  bool recursive = false;
  bool missing_ok = false;
};
int rm(const surroundings& around, const rm_options& options);

struct ls_options {
  std::vector<std::string> names;  // none: the root
  bool recursive = false;
  bool plain = false;
};
int ls(const surroundings& around, const ls_options& options);

struct info_options {
  std::string name;
  std::vector<std::string> keys;  // none: all
  bool json = false;
};
int info(const surroundings& around, const info_options& options);

struct set_options {
  std::string name;
  std::vector<std::string> attributes;
};
int set(const surroundings& around, const set_options& options);

// How several messages are told apart in a stream.
enum class separation : std::uint8_t { none, lines, null, json };

struct send_options {
  std::string name;
  std::optional<std::vector<std::string>> text;  // none: what `in` has
  bool no_newline = false;
  bool empty = false;
  separation cut = separation::none;
};
int send(const surroundings& around, const send_options& options);

struct recv_options {
  std::string name;
  std::optional<std::uint64_t> count;  // none: 1, or no end when following
  bool follow = false;
  std::optional<double> wait_seconds;  // none: for ever
  separation cut = separation::none;
  std::string command;  // for sh -c, once a message, on its input; "": messages go to the output
};
int recv(const surroundings& around, const recv_options& options);

struct peek_options {
  std::string name;
  std::optional<std::uint64_t> count;
  separation cut = separation::none;
};
int peek(const surroundings& around, const peek_options& options);

struct purge_options {
  std::vector<std::string> names;
};
int purge(const surroundings& around, const purge_options& options);

struct path_options {
  std::vector<std::string> names;
  std::string view;   // "json+tail"
  bool info = false;  // the file of attributes instead
};
int path(const surroundings& around, const path_options& options);

struct hosts_options {
  bool plain = false;
};
int hosts(const surroundings& around, const hosts_options& options);

int doctor(const surroundings& around);

enum class top_order : std::uint8_t { name, count, bytes, in, out, waiting };
// The columns that --sort knows.
inline constexpr auto top_columns = std::to_array<std::pair<std::string_view, top_order>>({
    {"name", top_order::name},
    {"count", top_order::count},
    {"bytes", top_order::bytes},
    {"in", top_order::in},
    {"out", top_order::out},
    {"waiting", top_order::waiting},
});
struct top_options {
  double seconds = 2;               // between two looks
  std::uint64_t times = 0;          // 0: until stopped, or once where no terminal looks on
  top_order order = top_order::in;  // may be changed by keys
  bool plain = false;
};
int top(const surroundings& around, const top_options& options);

struct bench_options {
  double seconds = 1;  // for each measurement
};
int bench(const surroundings& around, const bench_options& options);

}  // namespace mailslot::cli

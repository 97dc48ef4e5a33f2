// How commands fail: with one sentence that says what to do, made where most is known about the cause.
#pragma once

#include "fs/cli/surroundings.h"

#include <fmt/format.h>
#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace mailslot::cli {

struct failure {
  std::string sentence;  // without "mailslot: " and the newline
  int code = 0;          // the errno behind it, 0 if there is none
};

template <class T>
using result = tl::expected<T, failure>;

// fail("\"{}\" is a directory", name)
template <class... Args>
tl::unexpected<failure> fail(fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected(failure{fmt::format(text, std::forward<Args>(args)...), 0});
}
template <class... Args>
tl::unexpected<failure> fail_with(int code, fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected(failure{fmt::format(text, std::forward<Args>(args)...), code});
}

// Writes all of `bytes`, however long that takes. False: errno says why not.
bool write_all(int fd, std::string_view bytes);

// For what people read; failure to write ends a command, so the outcome is its exit status so far.
[[nodiscard]] int print(const surroundings& around, std::string_view text);

// "mailslot: " and the sentence, on err. Returns `status`.
int complain(const surroundings& around, const failure& why, int status = failed);

// What the system calls an errno: "No space left on device".
std::string reason(int code);

}  // namespace mailslot::cli

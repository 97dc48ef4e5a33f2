// Opening, reading and writing the files that stand for slots, with sentences instead of errnos.
#pragma once

#include "fs/cli/failure.h"
#include "fs/cli/names.h"

#include <string>
#include <string_view>
#include <utility>

namespace mailslot::cli {

// A file descriptor that is closed at the end.
class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // Closes; views of slots may refuse what was written only now, with the errno that this returns.
  int reset();

 private:
  int fd_ = -1;
};

// Why opening, reading or writing a slot failed with errno `code`. `doing` as in "read" or "write to".
failure explain(const target& slot, std::string_view doing, int code);

// Opens `file`, which belongs to `slot`; `flags` as of open(2), O_CLOEXEC added.
result<descriptor> open_file(const target& slot, const std::string& file, int flags);

// All that a file has until its end.
result<std::string> read_file(const target& slot, const std::string& file);

}  // namespace mailslot::cli

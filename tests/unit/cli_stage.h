// A stage for the tool: a directory that plays the mount, files that play the terminal's three streams, and
// the whole program called with arguments.
#pragma once

#include "fs/cli/arguments.h"
#include "fs/cli/surroundings.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace mailslot::cli {

class stage : public testing::Test {
 protected:
  stage() {
    std::string name = std::filesystem::temp_directory_path() / "mailslot-cli-XXXXXX";
    root_ = std::filesystem::canonical(mkdtemp(name.data()));
    around_.root = root_;
    around_.check_mount = [](const std::string&) { return 0; };
    around_.in = memfd_create("in", MFD_CLOEXEC);
  }
  ~stage() override {
    close(around_.in);
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  // Runs the tool; out() and err() are what it said.
  int call(std::vector<std::string> arguments) {
    around_.out = memfd_create("out", MFD_CLOEXEC);
    around_.err = memfd_create("err", MFD_CLOEXEC);
    const int status = run(arguments, around_);
    out_ = content(around_.out);
    err_ = content(around_.err);
    close(around_.out);
    close(around_.err);
    return status;
  }
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

  void input(const std::string& text) {
    ASSERT_EQ(write(around_.in, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    lseek(around_.in, 0, SEEK_SET);
  }

  // A file below the root, with the directories above it.
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  std::string get(const std::string& path) {
    std::ifstream from(root_ / path, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
  }
  bool exists(const std::string& path) { return std::filesystem::exists(root_ / path); }

  std::filesystem::path root_;
  surroundings around_;

 private:
  static std::string content(int fd) {
    std::string text(static_cast<std::size_t>(lseek(fd, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
  }

  std::string out_, err_;
};

}  // namespace mailslot::cli

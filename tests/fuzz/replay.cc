// Gives every file of the directories named to a fuzz target, once: what was ever found stays found, with any
// compiler. Knows nothing of the targets but their one function.

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) {
        continue;
      }
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
      fmt::print(stderr, "{}\n", entry.path().string());  // the last one named is the one that crashed
      LLVMFuzzerTestOneInput(input.data(), input.size());
      ++replayed;
    }
  }
  LLVMFuzzerTestOneInput(nullptr, 0);
  fmt::print("{} {} seeds replayed\n", replayed > 0 ? "ok" : "not ok", replayed);
  return replayed > 0 ? 0 : 1;
}

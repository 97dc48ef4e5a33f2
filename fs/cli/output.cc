// Between two messages.
#include "fs/cli/output.h"

namespace mailslot::cli {

std::string_view after_message(std::string_view message, separation cut, bool terminal) {
  switch (cut) {
    case separation::null:
      return {"\0", 1};
    case separation::json:
      return {};
    case separation::none:
      if (!terminal) return {};
      break;
    case separation::lines:
      break;
  }
  return message.ends_with('\n') ? "" : "\n";
}

std::string_view first_lines(std::string_view text, std::uint64_t& left) {
  std::size_t end = 0;
  while (left > 0) {
    const auto newline = text.find('\n', end);
    if (newline == std::string_view::npos) return text;
    end = newline + 1;
    --left;
  }
  return text.substr(0, end);
}

std::size_t frame_size(std::string_view frame) {
  std::size_t size = 0;
  for (const char c : frame.substr(0, frame_header)) size = size << 8U | static_cast<unsigned char>(c);
  return size;
}

std::optional<std::string_view> next_frame(std::string_view& frames) {
  if (frames.size() < frame_header) return std::nullopt;
  const std::size_t size = frame_size(frames);
  if (frames.size() - frame_header < size) return std::nullopt;
  const auto message = frames.substr(frame_header, size);
  frames.remove_prefix(frame_header + size);
  return message;
}

}  // namespace mailslot::cli

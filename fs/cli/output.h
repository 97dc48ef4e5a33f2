// How messages that follow each other on the output are told apart.
#pragma once

#include "fs/cli/commands.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mailslot::cli {

// What comes after `message`. On a terminal a last line without its end is ended, so that the prompt, or the
// next message, does not stick to it; anywhere else `separation::none` adds nothing.
std::string_view after_message(std::string_view message, separation cut, bool terminal);

// The part of `text` up to its `left`th newline; `left` goes down by the newlines in it.
std::string_view first_lines(std::string_view text, std::uint64_t& left);

// The view "frames" gives the size of each message in so many bytes, and then the message.
constexpr std::size_t frame_header = 4;
// What the header says; `frame` has it all.
std::size_t frame_size(std::string_view frame);
// Takes the first message off `frames`, if all of it is there.
std::optional<std::string_view> next_frame(std::string_view& frames);

}  // namespace mailslot::cli

// `frames`: the length of each message in 4 bytes, big-endian, and then the message. Any bytes survive, and
// many messages go in one call.
#include "fs/slot/framing.h"

#include <array>

namespace mailslot {
namespace {

constexpr std::size_t header = 4;

class frames final : public framing {
 public:
  std::size_t encoded_size(const message& m, const view_environment&) const override {
    return header + m.size();
  }
  void encode(const message& m, const view_environment&, std::string& out) const override {
    std::array<char, header> length{};
    for (std::size_t i = 0; i < header; ++i) {
      length[i] = static_cast<char>(static_cast<unsigned char>(m.size() >> (8 * (header - 1 - i))));
    }
    out.append(length.data(), header);
    out += m.text();
  }

  expected<std::optional<std::size_t>> end_of(bytes_view begun, bytes_view more,
                                              std::size_t limit) const override {
    const auto here = begun.size() + more.size();
    if (here < header) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < header; ++i) {
      const auto b = i < begun.size() ? begun[i] : more[i - begun.size()];
      length = length << 8U | std::to_integer<std::size_t>(b);
    }
    if (length > limit) return refuse(errc::message_too_long);
    if (here < header + length) return std::nullopt;
    return header + length - begun.size();
  }
  expected<bytes_view> body_of(bytes_view piece, std::string&) const override {
    return piece.subspan(header);
  }
  expected<bytes_view> tail_of(bytes_view, std::string&) const override { return refuse(errc::bad_value); }
  std::size_t most_carried(std::size_t limit) const override { return header + limit; }
};

}  // namespace

const framing& frames_framing() {
  static const frames instance;
  return instance;
}

}  // namespace mailslot

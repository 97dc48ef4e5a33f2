// `lines`: one message a line. A line is posted with its newline, as echo posts it; a reader gets a newline
// where a message has none. An empty line is the message "\n".
#include "fs/slot/framing.h"

#include <cstring>

namespace mailslot {
namespace {

class lines final : public framing {
 public:
  std::size_t encoded_size(const message& m, const view_environment&) const override {
    return m.size() + (ends(m) ? 0 : 1);
  }
  void encode(const message& m, const view_environment&, std::string& out) const override {
    out += m.text();
    if (!ends(m)) out += '\n';
  }

  expected<std::optional<std::size_t>> end_of(bytes_view begun, bytes_view more,
                                              std::size_t limit) const override {
    const void* newline = more.empty() ? nullptr : std::memchr(more.data(), '\n', more.size());
    if (!newline) return std::nullopt;
    const auto end = static_cast<std::size_t>(static_cast<const std::byte*>(newline) - more.data()) + 1;
    if (begun.size() + end > limit) return refuse(errc::message_too_long);
    return end;
  }
  expected<bytes_view> body_of(bytes_view piece, std::string&) const override { return piece; }
  expected<bytes_view> tail_of(bytes_view begun, std::string&) const override { return begun; }
  std::size_t most_carried(std::size_t limit) const override { return limit; }

 private:
  static bool ends(const message& m) { return m.text().ends_with('\n'); }
};

}  // namespace

const framing& lines_framing() {
  static const lines instance;
  return instance;
}

}  // namespace mailslot

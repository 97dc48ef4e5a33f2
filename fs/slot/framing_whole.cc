// No framing: a message is what one read or write carries.
#include "fs/slot/framing.h"

namespace mailslot {
namespace {

class whole final : public framing {
 public:
  bool verbatim() const override { return true; }
  bool shows_empty() const override { return false; }
  std::size_t encoded_size(const message& m, const view_environment&) const override { return m.size(); }
  void encode(const message& m, const view_environment&, std::string& out) const override { out += m.text(); }

  expected<std::optional<std::size_t>> end_of(bytes_view, bytes_view more, std::size_t) const override {
    return more.size();
  }
  expected<bytes_view> body_of(bytes_view piece, std::string&) const override { return piece; }
  expected<bytes_view> tail_of(bytes_view begun, std::string&) const override { return begun; }
  std::size_t most_carried(std::size_t) const override { return 0; }
};

}  // namespace

const framing& whole_framing() {
  static const whole instance;
  return instance;
}

}  // namespace mailslot

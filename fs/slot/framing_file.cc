// `file`: everything between open and close is one message.
#include "fs/slot/framing.h"

namespace mailslot {
namespace {

class file final : public framing {
 public:
  bool verbatim() const override { return true; }
  bool one_message() const override { return true; }
  std::size_t encoded_size(const message& m, const view_environment&) const override { return m.size(); }
  void encode(const message& m, const view_environment&, std::string& out) const override { out += m.text(); }

  expected<std::optional<std::size_t>> end_of(bytes_view, bytes_view, std::size_t) const override {
    return std::nullopt;
  }
  expected<bytes_view> body_of(bytes_view piece, std::string&) const override { return piece; }
  expected<bytes_view> tail_of(bytes_view begun, std::string&) const override { return begun; }
  std::size_t most_carried(std::size_t limit) const override { return limit; }
};

}  // namespace

const framing& file_framing() {
  static const file instance;
  return instance;
}

}  // namespace mailslot

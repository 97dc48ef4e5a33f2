// Reading and writing made-up texts.
#include "fs/tree/text_node.h"

#include <algorithm>

namespace mailslot {
namespace {

// One open text: made anew by each read from its beginning, so that what follows fits to it.
class text_handle final : public handle {
 public:
  text_handle(std::shared_ptr<const node> of, const text_source& source)
      : of_(std::move(of)), source_(source) {}

  void read(const read_call& call, read_answer& answer) override {
    const std::lock_guard held(mutex_);
    if (call.offset == 0) text_ = source_.read(call.now);
    const auto from = std::min<std::uint64_t>(call.offset, text_.size());
    answer.data(as_bytes(std::string_view(text_).substr(from, call.room)));
  }

  expected<std::size_t> write(const write_call& call, bytes_view bytes) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (auto failed = source_.write(text, {call.by.uid, call.by.gid}, call.now)) return refuse(failed);
    return bytes.size();
  }

 private:
  const std::shared_ptr<const node> of_;  // keeps the source
  const text_source& source_;
  std::mutex mutex_;
  std::string text_;
};

}  // namespace

attributes text_node::stat(moment) const {
  attributes a;
  a.number = number();
  a.owner = source_.owner();
  a.accessed = a.modified = a.changed = source_.dated;
  return a;
}

expected<std::unique_ptr<handle>> text_node::open(const opening& how) {
  if (writes(how.how) && !source_.write) return refuse(errc::access_denied);
  return std::make_unique<text_handle>(shared_from_this(), source_);
}

}  // namespace mailslot

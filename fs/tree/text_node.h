// A file whose text is made when it is read (and, maybe, understood when it is written): .metrics, .info.
#pragma once

#include "fs/tree/node.h"

#include <functional>
#include <string>

namespace mailslot {

struct text_source {
  std::function<std::string(moment now)> read;
  // Gets each write whole. Empty: the file cannot be written.
  std::function<std::error_code(std::string_view text, const credentials& who, moment now)> write = {};
  // Owner and mode now.
  std::function<ownership()> owner;
  // Shown as the times of the file.
  moment dated{};
  // The slot that this text is about, if any.
  std::shared_ptr<slot_node> about = {};
};

class text_node final : public node {
 public:
  text_node(std::uint64_t number, text_source source) : node(number), source_(std::move(source)) {}

  node_kind kind() const override { return node_kind::file; }
  attributes stat(moment now) const override;
  expected<std::unique_ptr<handle>> open(const opening& how) override;
  slot_node* slot_behind() override { return source_.about.get(); }

 private:
  const text_source source_;
};

}  // namespace mailslot

// The transport of a daemon without a network (`net=` not given): names are there, writes are refused.
#pragma once

#include "net/transport.h"

namespace mailslot::net {

class no_network final : public transport {
 public:
  [[nodiscard]] std::size_t max_message_size(std::string_view) const override { return 0; }
  [[nodiscard]] reach reach_of(std::string_view) const override { return reach::network; }
  void resolve(std::string_view) override {}
  write_id write(std::string_view, std::string_view, std::span<const std::uint8_t>, std::uint32_t,
                 done_handler done) override {
    done(transport_errc::off);
    return 0;
  }
  void cancel(write_id) override {}
  void on_message(message_handler) override {}
  [[nodiscard]] std::vector<std::string> report_names() const override { return {"mode"}; }
  [[nodiscard]] std::string report(std::string_view) const override { return "mode=off\n"; }
};

}  // namespace mailslot::net

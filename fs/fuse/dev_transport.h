// Everything over /dev/fuse: threads that read a request, have it handled, and read the next. Requests that
// wait are spread over several descriptors (device_lanes.h).
#pragma once

#include "fs/fuse/device_lanes.h"
#include "fs/fuse/device_readers.h"
#include "fs/fuse/transport.h"

namespace mailslot {

class dev_transport final : public transport {
 public:
  explicit dev_transport(unsigned workers) : workers_(worker_count(workers)) {}
  ~dev_transport() override { dev_transport::stop(); }

  const fuse_custom_io& io() const override { return device_lanes::io; }
  void start(fuse_session& session, events tell) override;
  void stop() override;
  transport_figures figures() const override;

 private:
  const unsigned workers_;
  std::unique_ptr<device_lanes> lanes_;  // once it has started
  std::unique_ptr<device_readers> readers_;
};

}  // namespace mailslot

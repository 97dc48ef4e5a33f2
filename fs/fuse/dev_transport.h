// Everything over /dev/fuse: threads that read a request, have it handled, and read the next.
#pragma once

#include "fs/fuse/device_readers.h"
#include "fs/fuse/transport.h"

namespace mailslot {

class dev_transport final : public transport {
 public:
  explicit dev_transport(unsigned workers) : workers_(worker_count(workers)) {}
  ~dev_transport() override { dev_transport::stop(); }

  const fuse_custom_io& io() const override { return device_io; }
  void start(fuse_session& session, events tell) override;
  void stop() override { readers_.reset(); }
  transport_figures figures() const override { return {.name = "dev", .threads = workers_}; }

 private:
  const unsigned workers_;
  std::unique_ptr<device_readers> readers_;
};

}  // namespace mailslot

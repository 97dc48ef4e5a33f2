// As many readers as wanted.
#include "fs/fuse/dev_transport.h"

namespace mailslot {

void dev_transport::start(fuse_session& session, events tell) {
  tell.settled("dev", "");
  lanes_ = std::make_unique<device_lanes>(session);
  readers_ = std::make_unique<device_readers>(
      session, workers_, [this](fuse_buf& request) { lanes_->handle(request); }, std::move(tell.ended));
}

void dev_transport::stop() {
  readers_.reset();
  if (lanes_) lanes_->close();
}

transport_figures dev_transport::figures() const {
  transport_figures f{.name = "dev", .threads = workers_};
  if (lanes_) {
    f.descriptors = lanes_->open_lanes();
    f.descriptors_refused = lanes_->refused();
  }
  return f;
}

}  // namespace mailslot

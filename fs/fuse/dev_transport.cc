// As many readers as wanted.
#include "fs/fuse/dev_transport.h"

namespace mailslot {

void dev_transport::start(fuse_session& session, events tell) {
  tell.settled("dev", "");
  readers_ = std::make_unique<device_readers>(
      session, workers_, [&session](fuse_buf& request) { fuse_session_process_buf(&session, &request); },
      std::move(tell.ended));
}

}  // namespace mailslot

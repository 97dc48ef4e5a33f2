// Judging the probe, and what to do next.
#include "fs/fuse/uring_drought.h"

namespace mailslot {

void uring_drought::handled(bool unread) {
  if (!sent_) return;
  if (!came_back_ && !dry_since_probe_ && !unread) {
    dry_ = false;
    no_question();
  }
  probe_ = nullptr;
  sent_ = false;
}

uring_drought::cure uring_drought::next(clock::time_point now) {
  if (now < due_) return cure::none;
  if (heard_) no_question();  // the answer may be behind what came
  due_ = now + patience;
  if (questions_ == most_questions) {
    questions_ = 0;
    return cure::end_one;
  }
  ++questions_;
  return cure::ask;
}

}  // namespace mailslot

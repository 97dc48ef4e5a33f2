// A read through a view that waits, at a slot or at the copies of a tail.
#pragma once

#include "fs/slot/handle.h"
#include "fs/slot/tail.h"

namespace mailslot {

class parked_read final : public waiter, private read_answer::wants_signals {
 public:
  // The handle that the read belongs to. It answers; nobody holds a lock meanwhile.
  class owner {
   public:
    virtual void arrived(tail::copy_of got, const read_call& call, read_answer& answer) noexcept = 0;
    // `why`: timed_out, too_many_waiting, interrupted, or nothing for end of file.
    virtual void ended(std::error_code why, read_answer& answer) noexcept = 0;

   protected:
    ~owner() = default;
  };

  // Takes the next message of `at`, or the next copy of `copies` if there are any, or waits for it until
  // `until`. Calls the owner once, now or later.
  static void read(owner& of, slot& at, tail* copies, bool takes_empty, const read_call& call, moment until,
                   read_answer& answer);

  void deliver(message_ref m) noexcept override;
  void end(std::error_code why) noexcept override;

 private:
  parked_read(owner& of, slot& at, bool takes_empty, const read_call& call, moment until, read_answer& answer)
      : waiter(at, takes_empty), of_(of), at_(at), call_(call), until_(until), answer_(answer.wait(*this)) {}
  void on_signal() noexcept override;
  void arrived(tail::copy_of got) noexcept;
  void forget_deadline() noexcept;

  owner& of_;
  slot& at_;
  const read_call call_;
  const moment until_;
  std::unique_ptr<read_answer> answer_;
};

}  // namespace mailslot

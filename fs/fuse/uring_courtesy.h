// Whether the thread of a ring lets everybody else on its processor go first. Takes the time as a number and
// does nothing itself.
//
// A thread that is woken is put on another processor, if that is idle and its own is not; and its own is busy
// with the thread that wakes it. So each request would move its caller to and fro. But a processor counts as
// idle if all that runs there is SCHED_IDLE (sched_idle_cpu() in the kernel's kernel/sched/fair.c), and then
// the caller stays, and goes on before the thread does.
//
// Who is that polite gets next to nothing where a third wants the processor, and may hold locks meanwhile. So
// it is done only while requests come fast and a processor is idle, and at each beat of a timer it is seen
// whether the thread was kept waiting. Then it stops for a while, each time for longer. Nothing is lost by
// that: where processors are busy, callers are not moved.
#pragma once

#include <chrono>
#include <cstdint>

namespace mailslot {

class uring_courtesy {
 public:
  using clock = std::chrono::steady_clock;

  static constexpr clock::duration beat = std::chrono::milliseconds(4);
  // Fast: so many requests within a beat. It ends when fewer than `few` come.
  static constexpr unsigned many = 16, few = 4;
  // It ends when at so many beats in a row no processor was idle. One look proves nothing.
  static constexpr unsigned busy_beats = 3;
  // What the thread may have waited for its turn, beyond what it has run since the last beat.
  static constexpr clock::duration tolerable = std::chrono::milliseconds(1);
  // The first time, and at most; it is four times as long each time, until as many beats in a row went well.
  static constexpr clock::duration shortest_pause = std::chrono::milliseconds(50);
  static constexpr clock::duration longest_pause = std::chrono::minutes(1);
  static constexpr unsigned good_beats = 256;

  bool is_on() const { return on_; }

  // A request was handled. True: wants_to_begin() is to be asked.
  bool handled() { return ++requests_ % many == 0 && !on_; }
  bool wants_to_begin(clock::time_point now);
  // It is on from now, and wants a beat at due().
  void begin(clock::time_point now);
  clock::time_point due() const { return due_; }
  struct beat_facts {
    std::chrono::nanoseconds ran;  // by the thread, since the last beat or since the beginning
    bool request_came;             // together with this beat: somebody has waited, too
    bool processor_is_idle;
  };
  // due() has come. False: it is off.
  bool beats(clock::time_point now, const beat_facts& f);

  // Times that it began, and that it ended because the thread was kept waiting.
  std::uint64_t begun() const { return begun_; }
  std::uint64_t kept_waiting() const { return kept_waiting_; }

 private:
  bool on_ = false;
  unsigned requests_ = 0;
  unsigned good_ = 0, busy_ = 0;  // beats in a row
  clock::time_point counted_from_{}, due_{}, again_{};
  clock::duration pause_ = shortest_pause;
  std::uint64_t begun_ = 0, kept_waiting_ = 0;
};

}  // namespace mailslot

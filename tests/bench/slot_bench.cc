// A slot without a file system: what posting and taking cost by themselves, and whether it depends on what is
// there. The argument of each is how much of it.
#include "fs/slot/view.h"
#include "tests/support/slot_world.h"

#include <benchmark/benchmark.h>

#include <string>

namespace mailslot::test {
namespace {

const sender writer{.uid = 1000, .gid = 100, .pid = 42};

class answer final : public read_answer {
 public:
  bool data(bytes_view bytes) noexcept override {
    got += bytes.size();
    return true;
  }
  void failed(std::error_code) noexcept override {}
  std::unique_ptr<read_answer> wait(wants_signals&) override { return std::make_unique<answer>(); }
  std::size_t got = 0;
};

struct bench_world : slot_world {
  bench_world() : slot_world(0, 0) {}
  slot_ref inbox = make_slot({.max_bytes = 1ULL << 40U, .max_messages = 2'000'000});

  std::unique_ptr<handle> open(std::string_view words) {
    auto here = attendance::join(inbox, access::both, {});
    return std::move(*open_view(*parse_view(words), std::move(*here), view_environment{"host"}));
  }
};

void post_and_take(benchmark::State& state, bench_world& world) {
  const std::string text(64, 'm');
  for ([[maybe_unused]] auto _ : state) {
    auto m = message::copy(as_bytes(text), writer, world.memory);
    benchmark::DoNotOptimize(world.inbox->post(std::move(*m), world.now));
    benchmark::DoNotOptimize(world.inbox->take(world.now));
  }
}

void message_of_bytes(benchmark::State& state) {
  bench_world world;
  const std::string text(static_cast<std::size_t>(state.range(0)), 'm');
  for ([[maybe_unused]] auto _ : state) {
    auto m = message::copy(as_bytes(text), writer, world.memory);
    benchmark::DoNotOptimize(world.inbox->post(std::move(*m), world.now));
    benchmark::DoNotOptimize(world.inbox->take(world.now));
  }
}
BENCHMARK(message_of_bytes)->Arg(64)->Arg(1024)->Arg(65536)->Arg(1'000'000);

void beside_queued_messages(benchmark::State& state) {
  bench_world world;
  for (std::int64_t i = 0; i < state.range(0); ++i) world.post(*world.inbox, std::string(64, 'm'));
  post_and_take(state, world);
}
BENCHMARK(beside_queued_messages)->Arg(0)->Arg(1000)->Arg(1'000'000);

// All in one write and one read; the time is that of one message.
void through(benchmark::State& state, std::string_view word, const std::string& one) {
  bench_world world;
  const auto view = world.open(word);
  std::string all;
  for (std::int64_t i = 0; i < state.range(0); ++i) all += one;
  answer to;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(view->write({.by = writer, .now = world.now}, as_bytes(all)));
    view->read({.room = all.size(), .now = world.now}, to);
  }
  if (to.got == 0) state.SkipWithError("nothing was read");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
void lines_in_one_call(benchmark::State& state) {
  through(state, "lines", std::string(63, 'm') + "\n");
}
BENCHMARK(lines_in_one_call)->Arg(1)->Arg(2048);
void frames_in_one_call(benchmark::State& state) {
  through(state, "frames", std::string("\0\0\0\x40", 4) + std::string(64, 'm'));
}
BENCHMARK(frames_in_one_call)->Arg(1)->Arg(2048);

}  // namespace
}  // namespace mailslot::test

BENCHMARK_MAIN();

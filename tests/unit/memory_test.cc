// Requests for which there is no memory: each allocation of each request fails once. The daemon answers every
// request once, ENOMEM at worst, loses nothing, and goes on.
#include "fs/tree/views.h"
#include "tests/support/fake_kernel.h"
#include "tests/support/own_new.h"
#include "tests/support/tree_world.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <new>

namespace {

thread_local int until_failure = -1;  // allocations of this thread until one fails; negative: none does
std::atomic<int> next_request_fails_at = -1;
std::atomic<bool> failed = false;

}  // namespace

#ifndef MAILSLOT_NEW_IS_FIXED
// Not inlined: the compiler would take free() for a mistake at each place (-Wmismatched-new-delete).
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (until_failure >= 0 && until_failure-- == 0) {
    failed = true;
    throw std::bad_alloc();
  }
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
// A sanitizer has one of its own, whose memory the delete below must not get.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace mailslot::test {
namespace {

struct memory : testing::Test {
  void SetUp() override {
    if (new_is_fixed) GTEST_SKIP() << why_new_is_fixed;
  }

  static tree_options generous() {
    ::signal(SIGPIPE, SIG_IGN);
    fake_kernel::around_request = [](bool begins) {
      until_failure = begins ? next_request_fails_at.exchange(-1) : -1;
    };
    tree_options o;
    o.root = {0777, 0, 0};
    o.defaults.read_timeout = forever;
    return o;
  }
  memory() {
    world.shared.longest_wait = forever;
    add_views(world.names, "host");
  }
  ~memory() override { world.names.shut_down(); }

  daemon_clock clock;
  tree_world world{generous()};
  filesystem fs{world.names, clock};
  fake_kernel kernel{fs};
  std::uint64_t box = kernel.make_slot("box");

  // Asks again and again, with one more allocation that succeeds each time, until none fails. Returns the
  // answer then. What failed has changed nothing, so that asking again is right.
  template <class Ask>
  fake_kernel::answer stubbornly(Ask&& ask) {
    for (int n = 0; n < 1000; ++n) {
      failed = false;
      next_request_fails_at = n;
      const fake_kernel::answer a = ask();
      if (!failed) return a;
      ++failures;
      if (a.error == 0) return a;  // it did without
      EXPECT_EQ(a.error, ENOMEM) << "allocation " << n;
    }
    ADD_FAILURE() << "there is no end of allocations";
    return {};
  }
  fake_kernel::answer write(std::uint64_t node, std::uint64_t handle, std::string_view text) {
    return stubbornly([&] { return kernel.write(node, handle, text); });
  }
  fake_kernel::answer read(std::uint64_t node, std::uint64_t handle, std::uint64_t offset = 0) {
    return stubbornly(
        [&] { return kernel.ask(FUSE_READ, node, fake_kernel::read_in(handle, 4096, offset)); });
  }
  std::uint64_t open(std::uint64_t node, int flags) {
    const auto a = stubbornly(
        [&] { return kernel.ask(FUSE_OPEN, node, fuse_open_in{static_cast<std::uint32_t>(flags), 0}); });
    EXPECT_EQ(a.error, 0);
    return a.as<fuse_open_out>().fh;
  }
  std::uint64_t find(std::initializer_list<std::string_view> path) {
    std::uint64_t at = FUSE_ROOT_ID;
    for (const auto name : path) {
      const auto a = stubbornly([&] { return kernel.lookup(name, at); });
      EXPECT_EQ(a.error, 0) << name;
      at = a.as<fuse_entry_out>().nodeid;
    }
    return at;
  }
  figures count() { return world.slot_at("box").content().count(world.now); }
  bool waiting(std::uint32_t how_many) {
    return eventually([&] { return world.shared.waiting == how_many; });
  }

  int failures = 0;
};

std::string named(std::string_view name) {
  return std::string(name) + '\0';
}

TEST_F(memory, names_are_made_and_unmade) {
  const auto made = [&](std::uint32_t opcode, const auto& body, std::string_view name) {
    const auto a = stubbornly([&] { return kernel.ask(opcode, FUSE_ROOT_ID, body, named(name)); });
    EXPECT_TRUE(a.error == 0 || a.error == EEXIST) << name << ": " << a.error;
  };
  made(FUSE_MKNOD, fuse_mknod_in{S_IFREG | 0644, 0, 0, 0},
       "a rather long name, so that it needs memory of its own");
  made(FUSE_MKDIR, fuse_mkdir_in{0755, 0}, "level");
  const auto link =
      stubbornly([&] { return kernel.ask(FUSE_SYMLINK, FUSE_ROOT_ID, named("link"), named("box")); });
  EXPECT_TRUE(link.error == 0 || link.error == EEXIST) << link.error;
  find({"level"});
  const auto listing =
      stubbornly([&] { return kernel.ask(FUSE_OPENDIR, FUSE_ROOT_ID, fuse_open_in{O_RDONLY, 0}); });
  const auto handle = listing.as<fuse_open_out>().fh;
  const auto names =
      stubbornly([&] { return kernel.ask(FUSE_READDIR, FUSE_ROOT_ID, fake_kernel::read_in(handle)); });
  EXPECT_NE(names.bytes.find("rather long"), std::string::npos);
  fuse_release_in done{};
  done.fh = handle;
  EXPECT_EQ(kernel.ask(FUSE_RELEASEDIR, FUSE_ROOT_ID, done).error, 0);
  fuse_rename2_in to{};
  to.newdir = FUSE_ROOT_ID;
  EXPECT_EQ(stubbornly([&] {
              return kernel.ask(FUSE_RENAME2, FUSE_ROOT_ID, to, named("link"),
                                named("a name that is just as long as that"));
            }).error,
            0);
  EXPECT_EQ(stubbornly([&] { return kernel.ask(FUSE_RMDIR, FUSE_ROOT_ID, named("level")); }).error, 0);
  EXPECT_GT(failures, 10);
  EXPECT_GT(fs.refused_for_memory(), 10U);
  EXPECT_EQ(kernel.surplus(), 0);
}

TEST_F(memory, messages_are_written_and_read) {
  const auto out = open(box, O_WRONLY), in = open(box, O_RDONLY);
  EXPECT_EQ(write(box, out, "one").error, 0);
  EXPECT_EQ(write(box, out, "two").error, 0);
  EXPECT_EQ(count().posted, 2U);
  EXPECT_EQ(read(box, in).bytes, "one");
  EXPECT_EQ(read(box, in, 3).bytes, "two");
  EXPECT_EQ(count().taken, 2U);
  kernel.release(box, in);
  kernel.release(box, out);
}

TEST_F(memory, reads_that_wait_get_their_messages) {
  const auto out = kernel.open(box, O_WRONLY);
  std::vector<std::uint64_t> all;
  constexpr int readers = 12;
  for (std::uint32_t i = 0; i < readers; ++i) {
    all.push_back(kernel.send(FUSE_READ, box, fake_kernel::read_in(kernel.open(box, O_RDONLY))));
    ASSERT_TRUE(waiting(i + 1));
  }
  const auto lines = find({".as", "lines", "box"});
  const auto stream = open(lines, O_WRONLY);
  std::string text;
  for (int i = 0; i < readers; ++i) text += std::to_string(i) + "\n";
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto a = write(lines, stream, rest);
    ASSERT_EQ(a.error, 0);
    rest.remove_prefix(a.as<fuse_write_out>().size);
  }
  for (int i = 0; i < readers; ++i)
    EXPECT_EQ(kernel.wait_for(all[static_cast<std::size_t>(i)]).bytes, std::to_string(i) + "\n");
  EXPECT_EQ(count().posted, static_cast<std::uint64_t>(readers));
  EXPECT_EQ(kernel.write(box, out, "last").error, 0);
  EXPECT_EQ(count().count, 1U);
}

TEST_F(memory, a_read_that_cannot_wait_is_answered_and_waits_for_nothing) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  for (const std::string_view view : {"", "json"}) {
    const auto node = view.empty() ? box : find({".as", view, "box"});
    const auto handle = view.empty() ? in : kernel.open(node, O_RDONLY);
    bool waits = false;
    for (int n = 0; !waits; ++n) {
      ASSERT_LT(n, 1000);
      failed = false;
      next_request_fails_at = n;
      const auto unique = kernel.send(FUSE_READ, node, fake_kernel::read_in(handle));
      ASSERT_TRUE(eventually([&] { return kernel.answered(unique) || world.shared.waiting == 1; }));
      waits = !kernel.answered(unique);
      if (!waits) {
        EXPECT_EQ(kernel.wait_for(unique).error, ENOMEM);
        EXPECT_EQ(world.shared.waiting, 0U);
        continue;
      }
      EXPECT_EQ(kernel.write(box, out, "came").error, 0);
      EXPECT_NE(kernel.wait_for(unique).bytes.find("came"), std::string::npos);
    }
  }
}

TEST_F(memory, views_lose_nothing) {
  const auto out = kernel.open(box, O_WRONLY);
  const auto json = find({".as", "json", "box"}), tail = find({".as", "json+tail", "box"});
  const auto copies = open(tail, O_RDONLY), taken = open(json, O_RDONLY);
  std::string seen, copied;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(kernel.write(box, out, "message " + std::to_string(i)).error, 0);
  while (count().count != 0) seen += read(json, taken, seen.size()).bytes;
  for (int i = 0; i < 20; ++i)
    EXPECT_NE(seen.find("\"text\":\"message " + std::to_string(i) + "\""), std::string::npos) << seen;
  EXPECT_EQ(count().taken, 20U);
  while (copied.size() < seen.size()) {
    const auto more = read(tail, copies, copied.size()).bytes;
    ASSERT_FALSE(more.empty());
    copied += more;
  }
  EXPECT_EQ(copied, seen);
  kernel.release(json, taken);
  kernel.release(tail, copies);
}

TEST_F(memory, attributes_and_files_of_text) {
  const auto info = find({".info", "box"});
  const auto change = open(info, O_WRONLY), look = open(info, O_RDONLY);
  EXPECT_EQ(write(info, change, "ttl=12345\n").error, 0);
  EXPECT_NE(read(info, look).bytes.find("ttl=12345"), std::string::npos);
  EXPECT_EQ(stubbornly([&] {
              return kernel.ask(FUSE_GETXATTR, box, fuse_getxattr_in{64, 0}, named("user.mailslot.ttl"));
            }).bytes,
            "12345");
  EXPECT_EQ(stubbornly([&] { return kernel.ask(FUSE_LISTXATTR, box, fuse_getxattr_in{4096, 0}); }).error, 0);
  EXPECT_EQ(stubbornly([&] { return kernel.ask(FUSE_STATFS, FUSE_ROOT_ID); }).error, 0);
  fuse_poll_in p{};
  p.fh = kernel.open(box, O_RDONLY);
  p.flags = FUSE_POLL_SCHEDULE_NOTIFY;
  EXPECT_EQ(stubbornly([&] { return kernel.ask(FUSE_POLL, box, p); }).error, 0);
  EXPECT_EQ(kernel.write(box, kernel.open(box, O_WRONLY), "x").error, 0);
  EXPECT_TRUE(eventually([&] { return kernel.was_told(FUSE_NOTIFY_POLL); }));
}

TEST_F(memory, a_slot_with_readers_that_wait_is_removed) {
  std::vector<std::uint64_t> all;
  for (std::uint32_t i = 0; i < 9; ++i) {
    all.push_back(kernel.send(FUSE_READ, box, fake_kernel::read_in(kernel.open(box, O_RDONLY))));
    ASSERT_TRUE(waiting(i + 1));
  }
  EXPECT_EQ(stubbornly([&] { return kernel.ask(FUSE_UNLINK, FUSE_ROOT_ID, named("box")); }).error, 0);
  for (const auto unique : all) EXPECT_EQ(kernel.wait_for(unique).bytes, "");
}

}  // namespace
}  // namespace mailslot::test

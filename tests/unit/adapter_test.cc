// The adapter against a kernel that the test plays: reads that wait, signals before and after, readers that
// are gone when their answer comes, and what the kernel is told to forget.
#include "tests/support/fake_kernel.h"
#include "tests/support/tree_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace mailslot::test {
namespace {

struct served {
  served() { world.shared.longest_wait = forever; }
  ~served() { world.names.shut_down(); }

  static tree_options generous() {
    ::signal(SIGPIPE, SIG_IGN);
    tree_options o;
    o.root = {0777, 0, 0};
    o.defaults.read_timeout = forever;
    return o;
  }

  daemon_clock clock;
  tree_world world{generous()};
  filesystem fs{world.names, clock};
};

struct adapter : testing::Test {
  served daemon;
  fake_kernel kernel{daemon.fs};
  std::uint64_t box = kernel.make_slot("Box");

  // The daemon ends its reads before the kernel's end of the line is cut, as main does it.
  void TearDown() override { daemon.world.names.shut_down(); }

  std::uint64_t begin_read(std::uint64_t handle, std::uint32_t room = 4096, std::uint64_t offset = 0) {
    return kernel.send(FUSE_READ, box, fake_kernel::read_in(handle, room, offset));
  }
  fake_kernel::answer read(std::uint64_t handle, std::uint32_t room = 4096, std::uint64_t offset = 0) {
    return kernel.wait_for(begin_read(handle, room, offset));
  }
  std::uint32_t waiting() const { return daemon.world.shared.waiting; }
  bool parked(std::uint32_t count = 1) const {
    return eventually([&] { return waiting() == count; });
  }
};

TEST_F(adapter, a_read_of_an_empty_slot_is_answered_when_a_message_comes) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  const auto waits = begin_read(in);
  ASSERT_TRUE(parked());
  EXPECT_FALSE(kernel.answered(waits));
  EXPECT_EQ(kernel.write(box, out, "hello").error, 0);
  EXPECT_EQ(kernel.wait_for(waits).bytes, "hello");
}

TEST_F(adapter, a_signal_ends_the_read_and_takes_nothing) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  const auto waits = begin_read(in);
  ASSERT_TRUE(parked());
  kernel.interrupt(waits);
  EXPECT_EQ(kernel.wait_for(waits).error, EINTR);
  EXPECT_EQ(kernel.write(box, out, "later").error, 0);
  EXPECT_EQ(read(in).bytes, "later");
}

TEST_F(adapter, a_signal_that_comes_before_its_read_ends_it_as_well) {
  const auto in = kernel.open(box, O_RDONLY);
  for (int i = 0; i < 200; ++i) {
    const auto unique = kernel.next_unique();
    kernel.interrupt(unique);
    kernel.send_as(unique, FUSE_READ, box, fake_kernel::read_in(in));
    if (i % 2 != 0) kernel.interrupt(unique);
    ASSERT_EQ(kernel.wait_for(unique).error, EINTR) << i;
  }
  EXPECT_EQ(waiting(), 0U);
}

TEST_F(adapter, signals_for_nobody_do_nothing) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  EXPECT_EQ(kernel.write(box, out, "x").error, 0);
  const auto done = begin_read(in);
  EXPECT_EQ(kernel.wait_for(done).bytes, "x");
  kernel.interrupt(done);
  kernel.interrupt(99'999);
  EXPECT_EQ(kernel.write(box, out, "y").error, 0);
  EXPECT_EQ(read(in, 4096, 1).bytes, "y");
  EXPECT_EQ(kernel.surplus(), 0);
}

TEST_F(adapter, thousands_of_signals_against_messages_lose_and_double_nothing) {
  constexpr int rounds = 3000;
  const auto out = kernel.open(box, O_WRONLY);
  int posted = 0, taken = 0, interrupted = 0;
  const auto write_in = [&](const std::string& text) {
    fuse_write_in in{};
    in.fh = out;
    in.size = static_cast<std::uint32_t>(text.size());
    return in;
  };
  for (int i = 0; i < rounds; ++i) {
    const auto in = kernel.open(box, O_RDWR);  // a stream: offsets do not matter
    const std::string text = std::to_string(i);
    const auto unique = kernel.next_unique();
    if (i % 5 == 0) kernel.interrupt(unique);
    kernel.send_as(unique, FUSE_READ, box, fake_kernel::read_in(in));
    // Two workers: the order of these two is anybody's guess.
    const auto written = kernel.send(FUSE_WRITE, box, write_in(text), text);
    kernel.interrupt(unique);
    ++posted;
    ASSERT_EQ(kernel.wait_for(written).error, 0);
    const auto a = kernel.wait_for(unique);
    ASSERT_TRUE(a.error == 0 || a.error == EINTR) << a.error;
    a.error == 0 ? ++taken : ++interrupted;
    kernel.release(box, in);
  }
  EXPECT_EQ(taken + interrupted, rounds);
  const auto f = daemon.world.slot_at("box").content().count(daemon.world.now);
  EXPECT_EQ(f.posted, static_cast<std::uint64_t>(posted));
  EXPECT_EQ(static_cast<int>(f.count) + taken, posted);
  EXPECT_EQ(f.waiting, 0U);
  EXPECT_EQ(kernel.surplus(), 0);
}

TEST_F(adapter, o_nonblock_is_looked_at_on_each_read) {
  const auto in = kernel.open(box, O_RDONLY);
  EXPECT_EQ(kernel.ask(FUSE_READ, box, fake_kernel::read_in(in, 4096, 0, O_NONBLOCK)).error, EAGAIN);
  const auto waits = begin_read(in);
  EXPECT_TRUE(parked());
  kernel.interrupt(waits);
  EXPECT_EQ(kernel.wait_for(waits).error, EINTR);
}

TEST_F(adapter, short_buffers_get_the_rest_of_the_same_message) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  EXPECT_EQ(kernel.write(box, out, "hello").error, 0);
  EXPECT_EQ(kernel.write(box, out, "world").error, 0);
  EXPECT_EQ(read(in, 3, 0).bytes, "hel");
  EXPECT_EQ(read(in, 4096, 3).bytes, "lo");
  EXPECT_EQ(read(in, 4096, 0).bytes, "hello");  // again, by its offset
  EXPECT_EQ(read(in, 4096, 5).bytes, "world");
}

TEST_F(adapter, a_late_answer_is_cut_to_what_was_asked_for) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  const auto waits = begin_read(in, 3);
  ASSERT_TRUE(parked());
  EXPECT_EQ(kernel.write(box, out, "hello").error, 0);
  EXPECT_EQ(kernel.wait_for(waits).bytes, "hel");
  EXPECT_EQ(read(in, 100, 3).bytes, "lo");
}

TEST_F(adapter, a_message_for_a_reader_that_is_gone_goes_back_to_the_head) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  const auto waits = begin_read(in);
  ASSERT_TRUE(parked());
  kernel.gone(waits);
  EXPECT_EQ(kernel.write(box, out, "first").error, 0);
  EXPECT_EQ(kernel.write(box, out, "second").error, 0);
  EXPECT_EQ(kernel.refused(), 1);
  EXPECT_EQ(read(in, 4096, 0).bytes, "first");
  EXPECT_EQ(read(in, 4096, 5).bytes, "second");
}

TEST_F(adapter, a_message_for_a_reader_that_is_gone_goes_to_the_next_who_waits) {
  const auto one = kernel.open(box, O_RDONLY), two = kernel.open(box, O_RDONLY),
             out = kernel.open(box, O_WRONLY);
  const auto first = begin_read(one);
  ASSERT_TRUE(parked(1));
  const auto second = begin_read(two);
  ASSERT_TRUE(parked(2));
  kernel.gone(first);
  EXPECT_EQ(kernel.write(box, out, "hello").error, 0);
  EXPECT_EQ(kernel.wait_for(second).bytes, "hello");
}

TEST_F(adapter, a_message_for_a_reader_that_is_gone_before_it_waits_is_not_lost) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  EXPECT_EQ(kernel.write(box, out, "hello").error, 0);
  const auto unique = kernel.next_unique();
  kernel.gone(unique);
  kernel.send_as(unique, FUSE_READ, box, fake_kernel::read_in(in));
  ASSERT_TRUE(eventually([&] { return kernel.refused() == 1; }));
  EXPECT_EQ(read(in).bytes, "hello");
}

TEST_F(adapter, reads_for_the_page_cache_take_nothing) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  EXPECT_EQ(kernel.write(box, out, "hello").error, 0);
  auto nobody = fake_kernel::read_in(in);
  nobody.lock_owner = 0;
  EXPECT_EQ(kernel.ask(FUSE_READ, box, nobody).error, EINVAL);
  EXPECT_EQ(read(in).bytes, "hello");
}

TEST_F(adapter, a_poller_is_told_of_an_arrival) {
  const auto in = kernel.open(box, O_RDONLY), out = kernel.open(box, O_WRONLY);
  fuse_poll_in p{};
  p.fh = in;
  p.kh = 4711;
  p.flags = FUSE_POLL_SCHEDULE_NOTIFY;
  const auto before = kernel.ask(FUSE_POLL, box, p);
  EXPECT_EQ(before.as<fuse_poll_out>().revents & 1U, 0U);
  EXPECT_EQ(kernel.write(box, out, "x").error, 0);
  ASSERT_TRUE(eventually([&] { return kernel.was_told(FUSE_NOTIFY_POLL); }));
  for (const auto& n : kernel.notices()) {
    if (n.code != FUSE_NOTIFY_POLL) continue;
    std::uint64_t kh = 0;
    std::memcpy(&kh, n.bytes.data(), sizeof(kh));
    EXPECT_EQ(kh, 4711U);
  }
  EXPECT_EQ(kernel.ask(FUSE_POLL, box, p).as<fuse_poll_out>().revents & 1U, 1U);
}

TEST_F(adapter, only_the_creators_spelling_may_be_remembered) {
  EXPECT_GT(kernel.lookup("Box").as<fuse_entry_out>().entry_valid, 0U);
  EXPECT_EQ(kernel.lookup("BOX").as<fuse_entry_out>().entry_valid, 0U);
  EXPECT_EQ(kernel.lookup("BOX").as<fuse_entry_out>().nodeid, box);
  EXPECT_EQ(kernel.lookup("missing").error, ENOENT);
  EXPECT_EQ(kernel.lookup(".info").as<fuse_entry_out>().entry_valid, 0U);
}

TEST_F(adapter, the_kernel_forgets_names_when_one_goes_by_another_spelling) {
  EXPECT_EQ(kernel.ask(FUSE_UNLINK, FUSE_ROOT_ID, std::string("BOX") + '\0').error, 0);
  constexpr int increase_epoch = 8;  // FUSE_NOTIFY_INC_EPOCH, which older headers lack
  EXPECT_TRUE(eventually([&] { return kernel.was_told(increase_epoch); }));
}

TEST_F(adapter, the_kernel_forgets_attributes_that_another_door_changed) {
  const auto info =
      kernel.lookup("Box", kernel.lookup(".info").as<fuse_entry_out>().nodeid).as<fuse_entry_out>().nodeid;
  ASSERT_NE(info, 0U);
  const auto out = kernel.open(info, O_WRONLY);
  EXPECT_EQ(kernel.write(info, out, "ttl=5\n").error, 0);
  EXPECT_TRUE(eventually([&] { return kernel.was_told(FUSE_NOTIFY_INVAL_INODE); }));
}

TEST_F(adapter, attributes_that_are_old_before_the_kernel_has_them_are_looked_up_again) {
  const auto info =
      kernel.lookup("Box", kernel.lookup(".info").as<fuse_entry_out>().nodeid).as<fuse_entry_out>().nodeid;
  const auto out = kernel.open(info, O_WRONLY);
  kernel.know_no_inodes();
  EXPECT_EQ(kernel.write(info, out, "ttl=5\n").error, 0);
  constexpr int increase_epoch = 8;
  EXPECT_TRUE(eventually([&] { return kernel.was_told(increase_epoch); }));
}

TEST_F(adapter, create_does_not_open_what_another_has_made_meanwhile) {
  fuse_create_in in{};
  in.flags = O_RDONLY | O_CREAT;
  in.mode = S_IFREG | 0644;
  EXPECT_EQ(kernel.ask(FUSE_CREATE, FUSE_ROOT_ID, in, std::string("BOX") + '\0').error, ESTALE);
  in.flags |= O_EXCL;
  EXPECT_EQ(kernel.ask(FUSE_CREATE, FUSE_ROOT_ID, in, std::string("BOX") + '\0').error, EEXIST);
  EXPECT_EQ(kernel.ask(FUSE_CREATE, FUSE_ROOT_ID, in, std::string("new") + '\0').error, 0);
}

TEST_F(adapter, an_ioctl_on_a_directory_is_refused) {
  const auto opened = kernel.ask(FUSE_OPENDIR, FUSE_ROOT_ID, fuse_open_in{O_RDONLY, 0}).as<fuse_open_out>();
  fuse_ioctl_in in{};
  in.fh = opened.fh;
  in.flags = FUSE_IOCTL_DIR;
  in.cmd = 0x5401;
  EXPECT_EQ(kernel.ask(FUSE_IOCTL, FUSE_ROOT_ID, in).error, ENOTTY);
  fuse_release_in done{};
  done.fh = opened.fh;
  EXPECT_EQ(kernel.ask(FUSE_RELEASEDIR, FUSE_ROOT_ID, done).error, 0);
}

TEST_F(adapter, what_all_open_directories_list_is_bounded) {
  daemon.fs.most_listed = 3;
  kernel.make_slot("second");
  const auto open_root = [&] {
    return kernel.ask(FUSE_OPENDIR, FUSE_ROOT_ID, fuse_open_in{O_RDONLY, 0}).as<fuse_open_out>().fh;
  };
  const auto list = [&](std::uint64_t handle) {
    return kernel.ask(FUSE_READDIR, FUSE_ROOT_ID, fake_kernel::read_in(handle)).error;
  };
  const auto one = open_root(), two = open_root();
  EXPECT_EQ(list(one), 0);
  EXPECT_EQ(list(one), 0) << "listing again replaces what was listed";
  EXPECT_EQ(list(two), ENOMEM);
  fuse_release_in done{};
  done.fh = one;
  EXPECT_EQ(kernel.ask(FUSE_RELEASEDIR, FUSE_ROOT_ID, done).error, 0);
  EXPECT_EQ(list(two), 0) << "a closed directory lists nothing";
}

TEST_F(adapter, a_node_lives_until_the_kernel_has_forgotten_it_as_often_as_it_was_told) {
  const std::weak_ptr<node> watched = daemon.world.find("box");
  kernel.lookup("Box");
  kernel.lookup("box");  // three times with its making
  EXPECT_EQ(kernel.ask(FUSE_UNLINK, FUSE_ROOT_ID, std::string("Box") + '\0').error, 0);
  kernel.forget(box, 2);
  kernel.lookup("nothing");
  EXPECT_FALSE(watched.expired());
  kernel.forget(box, 1);
  EXPECT_TRUE(eventually([&] { return watched.expired(); }));
}

TEST_F(adapter, the_last_close_of_a_forgotten_slot_frees_it) {
  const std::weak_ptr<node> watched = daemon.world.find("box");
  const auto in = kernel.open(box, O_RDONLY);
  EXPECT_EQ(kernel.ask(FUSE_UNLINK, FUSE_ROOT_ID, std::string("Box") + '\0').error, 0);
  kernel.forget(box, 1);
  kernel.lookup("nothing");
  EXPECT_FALSE(watched.expired());
  kernel.release(box, in);
  EXPECT_TRUE(eventually([&] { return watched.expired(); }));
}

TEST_F(adapter, the_end_answers_all_reads_that_wait) {
  std::vector<std::uint64_t> all;
  for (std::uint32_t i = 0; i < 100; ++i) all.push_back(begin_read(kernel.open(box, O_RDONLY)));
  ASSERT_TRUE(parked(100));
  daemon.world.names.shut_down();
  for (const auto unique : all) {
    const auto a = kernel.wait_for(unique);
    EXPECT_EQ(a.error, 0);
    EXPECT_EQ(a.bytes, "");
  }
  EXPECT_EQ(kernel.make_slot("late"), 0U);
}

TEST(adapter_end, half_read_messages_and_pollers_harm_nothing_when_the_line_is_cut) {
  served daemon;
  {
    fake_kernel kernel(daemon.fs);
    const auto box = kernel.make_slot("box");
    const auto half = kernel.open(box, O_RDONLY), other = kernel.open(box, O_RDONLY),
               out = kernel.open(box, O_WRONLY);
    EXPECT_EQ(kernel.write(box, out, "half read").error, 0);
    EXPECT_EQ(kernel.ask(FUSE_READ, box, fake_kernel::read_in(half, 4)).bytes, "half");
    daemon.world.names.shut_down();
    fuse_poll_in p{};
    p.fh = other;
    p.flags = FUSE_POLL_SCHEDULE_NOTIFY;
    EXPECT_EQ(kernel.ask(FUSE_POLL, box, p).error, 0);
  }
}

TEST(adapter_end, two_mounts_end_one_after_the_other_with_reads_that_wait) {
  served one, two;
  std::optional<fake_kernel> first(std::in_place, one.fs), second(std::in_place, two.fs);
  const auto box_one = first->make_slot("box"), box_two = second->make_slot("box");
  const auto in_one = first->open(box_one, O_RDONLY), in_two = second->open(box_two, O_RDONLY);
  const auto out_two = second->open(box_two, O_WRONLY);
  const auto ends = first->send(FUSE_READ, box_one, fake_kernel::read_in(in_one));
  const auto goes_on = second->send(FUSE_READ, box_two, fake_kernel::read_in(in_two));
  ASSERT_TRUE(eventually([&] { return one.world.shared.waiting == 1 && two.world.shared.waiting == 1; }));
  one.world.names.shut_down();
  EXPECT_EQ(first->wait_for(ends).bytes, "");
  first.reset();
  EXPECT_EQ(second->write(box_two, out_two, "still here").error, 0);
  EXPECT_EQ(second->wait_for(goes_on).bytes, "still here");
  two.world.names.shut_down();
  second.reset();
}

}  // namespace
}  // namespace mailslot::test

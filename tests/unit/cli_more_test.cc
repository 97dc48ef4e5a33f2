// What the tool understands of the daemon's texts, and what it offers to a shell for completion.
#include "fs/cli/held_message.h"
#include "fs/cli/metrics.h"
#include "tests/unit/cli_stage.h"

namespace mailslot::cli {
namespace {

// --- a message that is read but for the newline behind its object ---

const std::string before =
    R"({"id":7,"time":"2026-01-02T03:04:05.000000006Z","from":{"host":"h","uid":0,"gid":0,)"
    R"("pid":42},"size":)";

// Reads `object` as read_held() does; the message, or "too far" when the newline could have been read.
std::string read_gently(const std::string& object) {
  std::string begun = object.substr(0, 1);
  for (;;) {
    const auto part = parse_partial(begun);
    if (!part) return part.error().sentence;
    if (part->safe == 0) return begun.size() == object.size() ? part->content : "too early";
    if (begun.size() + part->safe > object.size()) return "too far";
    begun = object.substr(0, begun.size() + part->safe);
  }
}

TEST(cli_held_message, is_read_to_the_brace_and_no_further) {
  EXPECT_EQ(read_gently(before + R"(2,"text":"hi"})"), "hi");
  EXPECT_EQ(read_gently(before + R"(1,"text":"x"})"), "x");
  EXPECT_EQ(read_gently(before + R"(0,"text":""})"), "");
  EXPECT_EQ(read_gently(before + R"(1000,"text":")" + std::string(1000, 'y') + "\"}"),
            std::string(1000, 'y'));
}

TEST(cli_held_message, may_have_escapes) {
  EXPECT_EQ(read_gently(before + R"(4,"text":"a\n\"}"})"), "a\n\"}");
  EXPECT_EQ(read_gently(before + R"(3,"text":"\u0000\u001f\\"})"), std::string("\0\x1f\\", 3));
  std::string escapes;
  for (int i = 0; i < 500; ++i) escapes += R"(\u0001)";
  EXPECT_EQ(read_gently(before + R"(500,"text":")" + escapes + "\"}"), std::string(500, '\1'));
}

TEST(cli_held_message, may_be_base64) {
  EXPECT_EQ(read_gently(before + R"(2,"base64":"/wA="})"), std::string("\xff\0", 2));
  EXPECT_EQ(read_gently(before + R"(3,"base64":"/wD/"})"), std::string("\xff\0\xff", 3));
  EXPECT_EQ(read_gently(before + R"(1,"base64":"/w=="})"), "\xff");
}

TEST(cli_held_message, may_come_from_the_network) {
  EXPECT_EQ(read_gently(R"({"id":7,"time":"2026-01-02T03:04:05.000000006Z","from":{"address":"","name":"",)"
                        R"("verified":true},"size":2,"text":"hi"})"),
            "hi");
}

TEST(cli_held_message, is_refused_when_it_is_something_else) {
  EXPECT_NE(read_gently(before + R"(2,"color":"hi","more":"than that"})").find("does not know"),
            std::string::npos);
  EXPECT_NE(read_gently(before + R"(x,"text":"hi"})").find("does not know"), std::string::npos);
}

// --- the figures of all slots ---

TEST(cli_metrics, are_figures_by_slot) {
  const auto all = parse_metrics(
      "# HELP mailslot_slot_messages Messages that wait.\n"
      "mailslot_slot_messages{slot=\"inbox\"} 3\n"
      "mailslot_slot_bytes{slot=\"inbox\"} 17\n"
      "mailslot_slot_messages{slot=\"a/\\\"b\\\\\"} 1\n"
      "mailslot_slot_posted_total{slot=\"inbox\"} 5\n"
      "mailslot_slot_taken_total{slot=\"inbox\"} 2\n"
      "mailslot_slot_waiting{slot=\"inbox\"} 4\n"
      "mailslot_posted_total 5\n"
      "mailslot_slot_bytes{slot=\"broken\n");
  ASSERT_EQ(all.size(), 2U);
  const auto& inbox = all.at("inbox");
  EXPECT_EQ(inbox.count, 3U);
  EXPECT_EQ(inbox.bytes, 17U);
  EXPECT_EQ(inbox.posted, 5U);
  EXPECT_EQ(inbox.taken, 2U);
  EXPECT_EQ(inbox.waiting, 4U);
  EXPECT_EQ(all.at("a/\"b\\").count, 1U);
}

// --- completion ---

using words = std::vector<std::string>;

class cli_completion : public stage {
 protected:
  cli_completion() {
    put("inbox", "");
    put("jobs/high", "");
    put("jobs/low", "");
  }
  words complete(words line) {
    line.insert(line.begin(), "complete");
    EXPECT_EQ(call(line), success);
    words all;
    std::string rest = out();
    for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      all.push_back(rest.substr(0, end));
      rest.erase(0, end + 1);
    }
    return all;
  }
};

TEST_F(cli_completion, offers_subcommands) {
  EXPECT_EQ(complete({"pe"}), words{"peek"});
  EXPECT_EQ(complete({"zz"}), words{});
  const auto all = complete({""});
  EXPECT_NE(std::find(all.begin(), all.end(), "recv"), all.end());
  EXPECT_EQ(std::find(all.begin(), all.end(), "complete"), all.end());
}

TEST_F(cli_completion, offers_slots_and_directories) {
  EXPECT_EQ(complete({"recv", ""}), (words{"inbox", "jobs/"}));
  EXPECT_EQ(complete({"recv", "jobs/"}), (words{"jobs/high", "jobs/low"}));
  EXPECT_EQ(complete({"recv", "-W", "5", "in"}), words{"inbox"});
  EXPECT_EQ(complete({"rm", "inbox", "j"}), words{"jobs/"});
  EXPECT_EQ(complete({"recv", root_.string() + "/in"}), words{root_.string() + "/inbox"});
  EXPECT_EQ(complete({"send", "inbox", "in"}), words{});
}

TEST_F(cli_completion, offers_computers) {
  put(".net/peers",
      "name=FILESRV address=192.0.2.1 seconds_ago=4\nname=OTHER address=192.0.2.2 seconds_ago=9\n");
  EXPECT_EQ(complete({"send", "@"}), (words{"@*/", "@FILESRV/", "@OTHER/"}));
  EXPECT_EQ(complete({"send", "@F"}), words{"@FILESRV/"});
}

TEST_F(cli_completion, offers_keys_values_and_views) {
  EXPECT_EQ(complete({"set", "inbox", "max_m"}), (words{"max_message_size=", "max_messages="}));
  EXPECT_EQ(complete({"create", "new", "full=drop"}), (words{"full=drop-oldest", "full=drop-newest"}));
  EXPECT_EQ(complete({"info", "inbox", "nex"}), words{"next_size"});
  EXPECT_EQ(complete({"path", "--as", "json+t"}), words{"json+tail"});
}

TEST_F(cli_completion, offers_options) {
  EXPECT_EQ(complete({"recv", "--fo"}), words{"--follow"});
  EXPECT_EQ(complete({"send", "inbox", "--e"}), words{"--empty"});
}

// --- computers ---

TEST_F(cli_completion, knows_what_hosts_lists) {
  EXPECT_EQ(call({"hosts"}), failed);
  EXPECT_NE(err().find("no network"), std::string::npos);
  put(".net/peers", "name=FILESRV address=192.0.2.1 seconds_ago=90\n");
  EXPECT_EQ(call({"hosts"}), success);
  EXPECT_EQ(out(), "90\t192.0.2.1\tFILESRV\n");
  around_.out_is_terminal = true;
  EXPECT_EQ(call({"hosts"}), success);
  EXPECT_EQ(out(), "SEEN    ADDRESS  NAME\n  1m  192.0.2.1  FILESRV\n");
}

TEST_F(cli_completion, of_doctor_sentences_have_what_to_do) {
  around_.check_mount = [](const std::string&) { return ENOTCONN; };
  EXPECT_EQ(call({"doctor"}), failed);
  EXPECT_NE(out().find("bad   the mailslotfs at"), std::string::npos) << out();
  EXPECT_NE(out().find("fusermount3 -u"), std::string::npos);
}

}  // namespace
}  // namespace mailslot::cli

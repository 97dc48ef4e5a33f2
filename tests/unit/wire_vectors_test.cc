// Every golden packet decodes, and encodes again to the very same bytes.
#include "net/wire/datagram.h"
#include "net/wire/error.h"
#include "net/wire/mailslot_write.h"
#include "net/wire/name_service.h"
#include "net/wire/nmbd_socket.h"
#include "tests/support/vectors.h"

#include <gtest/gtest.h>

#include <sstream>

namespace mailslot::net {
namespace {

struct golden {
  std::string name;
  bool name_service = false;
};

void PrintTo(const golden& vector, std::ostream* out) {
  *out << vector.name;
}

// The rows of index.tsv that are UDP payloads.
std::vector<golden> golden_packets() {
  std::istringstream index(test::read_file(test::source_root() / "tests/vectors/netbios/index.tsv"));
  std::vector<golden> found;
  std::string line;
  std::getline(index, line);  // the heading
  while (std::getline(index, line)) {
    std::istringstream columns(line);
    std::string file, pcap, frame, from, to;
    std::getline(columns, file, '\t');
    std::getline(columns, pcap, '\t');
    std::getline(columns, frame, '\t');
    std::getline(columns, from, '\t');
    std::getline(columns, to, '\t');
    if (pcap == "-") continue;
    found.push_back({.name = file.substr(0, file.find('.')),
                     .name_service = from.ends_with(":137") || to.ends_with(":137")});
  }
  return found;
}

std::string test_name(const testing::TestParamInfo<golden>& info) {
  auto name = info.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
}

// The record data of a known type, decoded and encoded again.
bytes again(const record& record) {
  bytes out;
  if (record.type == record_type::nb && !record.data.empty()) {
    const auto entries = decode_addresses(record.data);
    EXPECT_TRUE(entries) << entries.error().message();
    if (entries) encode_addresses(*entries, out);
  } else if (record.type == record_type::node_status) {
    const auto status = decode_node_status(record.data);
    EXPECT_TRUE(status) << status.error().message();
    if (status) encode_node_status(*status, out);
  } else {
    out.assign(record.data.begin(), record.data.end());
  }
  return out;
}

bytes name_packet_again(const bytes& in) {
  auto packet = decode_name_packet(in);
  if (!packet) {
    ADD_FAILURE() << packet.error().message();
    return {};
  }
  bytes answer_data, additional_data, out;
  if (packet->answer) {
    answer_data = again(*packet->answer);
    packet->answer->data = answer_data;
  }
  if (packet->additional) {
    additional_data = again(*packet->additional);
    packet->additional->data = additional_data;
  }
  EXPECT_FALSE(encode_name_packet(*packet, out));
  return out;
}

bytes datagram_again(const bytes& in) {
  auto packet = decode_datagram(in);
  if (!packet) {
    ADD_FAILURE() << packet.error().message();
    return {};
  }
  bytes smb, out;
  if (packet->is_whole()) {
    auto& message = std::get<datagram_message>(packet->body);
    const auto write = decode_mailslot_write(message.data);
    EXPECT_TRUE(write) << write.error().message();
    if (write) {
      EXPECT_FALSE(encode_mailslot_write(*write, smb));
    }
    message.data = smb;
  }
  EXPECT_FALSE(encode_datagram(*packet, out));
  return out;
}

class every_golden_packet : public testing::TestWithParam<golden> {};

TEST_P(every_golden_packet, decodes_and_encodes_to_the_same_bytes) {
  const auto packet = test::vector_packet(GetParam().name);
  ASSERT_FALSE(packet.empty());
  EXPECT_EQ(GetParam().name_service ? name_packet_again(packet) : datagram_again(packet), packet);
}

TEST_P(every_golden_packet, is_refused_when_cut_anywhere_before_its_payload) {
  const auto packet = test::vector_packet(GetParam().name);
  const std::size_t header = GetParam().name_service ? 12 : 10;
  for (std::size_t length = 0; length < header; ++length) {
    const auto cut = bytes_view(packet).first(length);
    const auto error =
        GetParam().name_service ? decode_name_packet(cut).error() : decode_datagram(cut).error();
    EXPECT_EQ(error, wire_errc::truncated) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(of, every_golden_packet, testing::ValuesIn(golden_packets()), test_name);

TEST(the_golden_packets, are_all_there) {
  EXPECT_EQ(golden_packets().size(), 75u);
}

TEST(nmbds_local_socket, speaks_the_layout_of_the_recorded_conversation) {
  const auto recorded = test::vector_packet("unexpected-socket");
  const std::size_t query_size = 24, filter_size = 15, ack_size = 1;
  auto query = encode_nmbd_query();
  query[8] = filter_size;  // the recorded query asks for one mailslot, ours for all
  EXPECT_EQ(query, bytes(recorded.begin(), recorded.begin() + query_size));
  EXPECT_EQ(recorded[query_size + filter_size], nmbd_ack);

  const auto stream = bytes_view(recorded).subspan(query_size + filter_size + ack_size);
  const auto header = decode_nmbd_packet_header(stream);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->from, (endpoint{*parse_ipv4("10.77.38.11"), 138}));
  const auto packet = stream.subspan(nmbd_packet_header_size);
  EXPECT_EQ(header->length, packet.size());
  EXPECT_EQ(bytes(packet.begin(), packet.end()), test::vector_packet("mailslot-write-unique"));
}

TEST(nmbds_local_socket, is_given_up_when_a_header_makes_no_sense) {
  const auto recorded = test::vector_packet("unexpected-socket");
  const bytes header(recorded.begin() + 40, recorded.begin() + 40 + nmbd_packet_header_size);
  ASSERT_TRUE(decode_nmbd_packet_header(header));
  for (const auto& [at, value] : {std::pair{7, 1}, {0, 3}, {8, 0}, {31, 0x80}, {30, 1}}) {
    auto broken = header;
    broken[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
    EXPECT_EQ(decode_nmbd_packet_header(broken).error(), wire_errc::foreign_layout) << at;
  }
  EXPECT_EQ(decode_nmbd_packet_header(bytes_view(header).first(31)).error(), wire_errc::truncated);
}

}  // namespace
}  // namespace mailslot::net

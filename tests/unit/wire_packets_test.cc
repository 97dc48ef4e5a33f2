// Packets that lie: about lengths, counts, offsets and kinds.
#include "net/wire/datagram.h"
#include "net/wire/error.h"
#include "net/wire/ipv4.h"
#include "net/wire/mailslot_write.h"
#include "net/wire/name_service.h"
#include "tests/support/vectors.h"

#include <gtest/gtest.h>

namespace mailslot::net {
namespace {

// Positions inside an SMB mailslot write, [MS-MAIL] 2.2.1.
constexpr std::size_t at_command = 4, at_word_count = 32, at_data_count = 55, at_data_offset = 57,
                      at_setup_count = 59, at_opcode = 61, at_priority = 63, at_class = 65,
                      at_byte_count = 67, at_name = 69;

bytes hello() {
  bytes out;
  EXPECT_FALSE(encode_mailslot_write({.name = "inbox", .data = as_bytes("hello")}, out));
  return out;
}

bytes with(bytes packet, std::size_t at, std::uint8_t value) {
  packet.at(at) = value;
  return packet;
}

std::error_code refusal(const bytes& packet) {
  const auto write = decode_mailslot_write(packet);
  return write ? std::error_code{} : write.error();
}

TEST(a_mailslot_write, has_the_size_of_the_example_in_the_specification) {
  bytes out;
  const bytes data(36, 0xca);
  ASSERT_FALSE(encode_mailslot_write({.name = "test1\\sample_mailslot", .data = data}, out));
  EXPECT_EQ(out.size(), 140u);
}

TEST(a_mailslot_write, carries_its_name_and_data) {
  const auto packet = hello();
  const auto write = decode_mailslot_write(packet);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->name, "inbox");
  EXPECT_EQ(as_text(write->data), "hello");
}

TEST(a_mailslot_write, may_be_empty) {
  bytes out;
  ASSERT_FALSE(encode_mailslot_write({.name = "x", .data = {}}, out));
  EXPECT_TRUE(decode_mailslot_write(out)->data.empty());
}

TEST(a_mailslot_write, fits_windows_and_samba_exactly_at_the_stated_limits) {
  for (const auto limit : {windows_message_limit, samba_message_limit}) {
    for (std::size_t length = 1; length < 40; ++length) {
      const std::string name(length, 'n');
      const bytes data(data_limit(length, limit));
      bytes out;
      ASSERT_FALSE(encode_mailslot_write({.name = name, .data = data}, out));
      EXPECT_EQ(out.size(), limit) << length;
    }
  }
  EXPECT_EQ(data_limit(4, windows_message_limit), 428u);
  EXPECT_EQ(data_limit(5, windows_message_limit), 424u);
  EXPECT_EQ(data_limit(8, windows_message_limit), 424u);
  EXPECT_EQ(data_limit(9, windows_message_limit), 420u);
  EXPECT_EQ(data_limit(1000, windows_message_limit), 0u);
}

TEST(a_mailslot_write, above_sixteen_bits_is_refused) {
  bytes out{7};
  const bytes data(65500);
  EXPECT_EQ(encode_mailslot_write({.name = "x", .data = data}, out), wire_errc::message_too_long);
  EXPECT_EQ(out, bytes{7});
}

TEST(a_mailslot_write, is_refused_by_the_name_of_what_is_wrong) {
  const auto good = hello();
  EXPECT_EQ(refusal(with(good, 0, 0xfe)), wire_errc::not_smb);
  EXPECT_EQ(refusal(with(good, at_command, 0x32)), wire_errc::not_transaction);
  EXPECT_EQ(refusal(with(good, at_word_count, 255)), wire_errc::bad_word_count);
  EXPECT_EQ(refusal(with(good, at_setup_count, 0)), wire_errc::bad_setup_count);
  EXPECT_EQ(refusal(with(good, at_opcode, 2)), wire_errc::bad_opcode);
  EXPECT_EQ(refusal(with(good, at_name, 'X')), wire_errc::not_mailslot);
  EXPECT_EQ(refusal(with(good, at_name + 10, 0)),
            wire_errc::not_mailslot);  // nothing behind \MAILSLOT\ (sic)
}

TEST(a_mailslot_write, is_refused_when_its_data_is_not_where_it_says) {
  const auto good = hello();
  EXPECT_EQ(refusal(with(good, at_data_offset, 10)), wire_errc::bad_data_offset);
  EXPECT_EQ(refusal(with(good, at_data_offset, at_name + 15)), wire_errc::bad_data_offset);
  EXPECT_EQ(refusal(with(good, at_data_offset, 200)), wire_errc::data_past_end);
  EXPECT_EQ(refusal(with(good, at_data_count, 6)), wire_errc::data_past_end);
  EXPECT_EQ(
      refusal(with(with(with(good, at_data_count + 1, 0xff), at_data_offset + 1, 0xff), at_data_count, 0xff)),
      wire_errc::data_past_end);
}

TEST(a_mailslot_write, is_refused_when_cut_anywhere) {
  const auto good = hello();
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_TRUE(refusal(bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)))) << length;
  }
}

TEST(a_mailslot_write, without_an_end_of_its_name_is_refused) {
  auto packet = hello();
  std::replace(packet.begin() + at_name, packet.end(), std::uint8_t{0}, std::uint8_t{'n'});
  EXPECT_EQ(refusal(packet), wire_errc::unterminated_name);
}

TEST(a_mailslot_write, may_differ_in_whatever_senders_differ_in) {
  const auto good = hello();
  EXPECT_FALSE(refusal(with(good, at_byte_count, 0xff)));
  EXPECT_FALSE(refusal(with(good, at_byte_count, 0)));
  EXPECT_FALSE(refusal(with(good, at_priority, 200)));
  EXPECT_FALSE(refusal(with(good, at_class, 1)));
  EXPECT_FALSE(refusal(with(good, at_name + 1, 'm')));
  auto longer = good;
  longer.push_back('!');
  EXPECT_EQ(as_text(decode_mailslot_write(longer)->data), "hello");
}

TEST(a_datagram, of_an_unknown_type_is_refused) {
  auto packet = test::vector_packet("mailslot-write-unique");
  for (const int type : {0x00, 0x0f, 0x17, 0xff}) {
    packet[0] = static_cast<std::uint8_t>(type);
    EXPECT_EQ(decode_datagram(packet).error(), wire_errc::unknown_type) << type;
  }
}

TEST(a_datagram, does_not_believe_its_length_field) {
  auto packet = test::vector_packet("mailslot-write-unique");
  packet[10] = packet[11] = 0xff;
  const auto decoded = decode_datagram(packet);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<datagram_message>(decoded->body).data.size(), packet.size() - 82);
}

TEST(a_datagram, is_whole_only_as_a_first_and_last_fragment) {
  auto packet = test::vector_packet("mailslot-write-unique");
  EXPECT_TRUE(decode_datagram(packet)->is_whole());
  packet[1] |= 1;
  EXPECT_FALSE(decode_datagram(packet)->is_whole());
  EXPECT_FALSE(decode_datagram(test::vector_packet("dgram-fragment-2"))->is_whole());
  EXPECT_FALSE(decode_datagram(test::vector_packet("dgram-error"))->is_whole());
}

TEST(a_datagram, cut_inside_its_names_is_refused) {
  const auto packet = test::vector_packet("mailslot-write-unique");
  for (std::size_t length = 0; length < 82; ++length)
    EXPECT_EQ(decode_datagram(bytes_view(packet).first(length)).error(), wire_errc::truncated) << length;
}

TEST(a_datagram, is_not_encoded_when_type_and_body_disagree) {
  bytes out;
  EXPECT_EQ(encode_datagram({.type = datagram_type::error, .body = datagram_message{}}, out),
            wire_errc::unknown_type);
  EXPECT_EQ(encode_datagram({.type = datagram_type::direct_group, .body = datagram_query{}}, out),
            wire_errc::unknown_type);
  EXPECT_EQ(encode_datagram({.type = datagram_type::broadcast, .body = datagram_error{}}, out),
            wire_errc::unknown_type);
  EXPECT_TRUE(out.empty());
}

TEST(a_name_packet, with_counts_that_nothing_follows_is_refused) {
  const auto query = test::vector_packet("nbns-query-bcast");
  EXPECT_EQ(decode_name_packet(with(query, 4, 0xff)).error(), wire_errc::unsupported_counts);
  EXPECT_EQ(decode_name_packet(with(query, 5, 2)).error(), wire_errc::unsupported_counts);
  EXPECT_EQ(decode_name_packet(with(query, 9, 1)).error(), wire_errc::unsupported_counts);
  EXPECT_EQ(decode_name_packet(with(query, 11, 1)).error(), wire_errc::truncated);
}

TEST(a_name_packet, with_record_data_past_its_end_is_refused) {
  const auto packet = test::vector_packet("nbns-query-positive-unique");
  const std::size_t at_record_length = 12 + 34 + 8;
  EXPECT_EQ(decode_name_packet(with(packet, at_record_length + 1, 7)).error(), wire_errc::truncated);
}

TEST(an_address_record, has_between_one_and_twenty_five_whole_entries) {
  const bytes data(26 * 6);
  for (std::size_t length = 0; length <= data.size(); ++length) {
    const bool good = length % 6 == 0 && length >= 6 && length <= 150;
    EXPECT_EQ(decode_addresses(bytes_view(data).first(length)).has_value(), good) << length;
  }
}

TEST(a_node_status, with_more_names_than_bytes_is_refused) {
  bytes data(1 + 2 * 18 + 46);
  data[0] = 2;
  EXPECT_EQ(decode_node_status(data)->names.size(), 2u);
  data[0] = 5;
  EXPECT_EQ(decode_node_status(data).error(), wire_errc::bad_record);
  EXPECT_EQ(decode_node_status({}).error(), wire_errc::bad_record);
}

TEST(an_ipv4_address, is_four_numbers_and_nothing_else) {
  EXPECT_EQ(parse_ipv4("10.77.38.255"), ipv4{0x0a4d26ff});
  EXPECT_EQ(to_string(ipv4{0x0a4d26ff}), "10.77.38.255");
  for (const auto* text :
       {"", "1", "1.2.3", "1.2.3.", "1.2.3.256", "1.2.3.4.5", "1.2.3.4 ", " 1.2.3.4", "a.b.c.d"})
    EXPECT_FALSE(parse_ipv4(text)) << text;
}

TEST(a_wire_error, has_a_name_to_search_for) {
  const std::error_code error = wire_errc::bad_pointer;
  EXPECT_STREQ(error.category().name(), "netbios");
  EXPECT_EQ(error.message(), "bad_pointer");
}

}  // namespace
}  // namespace mailslot::net

// NetBIOS names: what they look like in packets, and the lies that are told with them.
#include "net/wire/error.h"
#include "net/wire/name.h"

#include <gtest/gtest.h>

namespace mailslot::net {
namespace {

bytes encoded(const netbios_name& name) {
  bytes out;
  EXPECT_FALSE(encode_name(name, out));
  return out;
}

tl::expected<netbios_name, std::error_code> decoded(const bytes& packet, pointers mode = pointers::follow,
                                                    std::size_t at = 0) {
  byte_reader in(packet, at);
  return decode_name(packet, in, mode);
}

TEST(a_netbios_name, is_padded_upper_cased_and_shown_with_its_suffix) {
  const auto name = make_name("labsrv", suffix::server);
  ASSERT_TRUE(name);
  EXPECT_EQ(to_string(*name), "LABSRV<20>");
  EXPECT_EQ(name->text(), "LABSRV");
  EXPECT_EQ(encoded(*name).size(), 34u);
  EXPECT_EQ(decoded(encoded(*name)), *name);
}

TEST(a_netbios_name, of_a_wildcard_is_padded_with_zeros) {
  const auto star = make_name("*", suffix::workstation);
  EXPECT_EQ(star->raw[1], 0);
  EXPECT_TRUE(star->is_wildcard());
  EXPECT_EQ(star->text(), "*");
}

TEST(a_netbios_name, has_one_to_fifteen_characters) {
  EXPECT_FALSE(make_name("", 0));
  EXPECT_TRUE(make_name("ABCDEFGHIJKLMNO", 0));
  EXPECT_FALSE(make_name("ABCDEFGHIJKLMNOP", 0));
}

TEST(a_netbios_name, never_shows_control_bytes_or_separators) {
  const auto name = make_name("a/b\\\x01<z>", 0x1b);
  EXPECT_EQ(to_string(*name), "A\\x2fB\\x5c\\x01\\x3cZ><1b>");
}

TEST(a_netbios_name, carries_its_scope_through_the_wire) {
  auto name = *make_name("LABSRV", 0);
  name.scope = "LAB.SCOPE";
  EXPECT_EQ(encoded(name).size(), 44u);
  EXPECT_EQ(decoded(encoded(name)), name);
  EXPECT_EQ(to_string(name), "LABSRV<00>.LAB.SCOPE");
}

TEST(a_netbios_name, with_a_scope_that_cannot_be_encoded_leaves_the_output_alone) {
  bytes out{1, 2, 3};
  auto name = *make_name("X", 0);
  for (const auto* scope : {".A", "A.", "A..B"}) {
    name.scope = scope;
    EXPECT_EQ(encode_name(name, out), wire_errc::bad_scope) << scope;
  }
  name.scope = std::string(64, 'L');
  EXPECT_EQ(encode_name(name, out), wire_errc::bad_scope);
  name.scope = std::string(63, 'L') + '.' + std::string(63, 'L') + '.' + std::string(63, 'L') + '.' +
               std::string(30, 'L');
  EXPECT_EQ(encode_name(name, out), wire_errc::name_too_long);
  EXPECT_EQ(out, (bytes{1, 2, 3}));
}

TEST(a_name_decoder, stops_behind_the_name) {
  auto packet = encoded(*make_name("A", 0));
  put_u16(packet, 0x1234);
  byte_reader in(packet);
  EXPECT_TRUE(decode_name(packet, in, pointers::reject));
  EXPECT_EQ(in.u16(), 0x1234);
}

TEST(a_name_decoder, stops_behind_the_first_pointer) {
  auto packet = encoded(*make_name("A", 0));
  const auto at = packet.size();
  put_u16(packet, 0xc000);
  put_u16(packet, 0x1234);
  byte_reader in(packet, at);
  EXPECT_EQ(decode_name(packet, in, pointers::follow), *make_name("A", 0));
  EXPECT_EQ(in.u16(), 0x1234);
}

TEST(a_name_decoder, refuses_pointers_where_nobody_sends_them) {
  auto packet = encoded(*make_name("A", 0));
  const auto at = packet.size();
  put_u16(packet, 0xc000);
  EXPECT_EQ(decoded(packet, pointers::reject, at).error(), wire_errc::bad_pointer);
}

TEST(a_name_decoder, refuses_pointers_to_themselves_and_forwards) {
  EXPECT_EQ(decoded({0xc0, 0x00}).error(), wire_errc::bad_pointer);
  EXPECT_EQ(decoded({0xc0, 0x02, 0xc0, 0x00}).error(), wire_errc::bad_pointer);
}

TEST(a_name_decoder, refuses_long_chains_of_pointers) {
  auto packet = encoded(*make_name("A", 0));
  auto last = std::uint16_t{0};
  for (int hops = 1; hops <= 6; ++hops) {
    const auto at = packet.size();
    put_u16(packet, static_cast<std::uint16_t>(0xc000 | last));
    last = static_cast<std::uint16_t>(at);
    EXPECT_EQ(decoded(packet, pointers::follow, at).has_value(), hops <= 5) << hops;
  }
}

TEST(a_name_decoder, refuses_labels_of_any_length_but_thirty_two) {
  for (int length = 0; length < 192; ++length) {
    bytes packet{static_cast<std::uint8_t>(length)};
    packet.resize(300, 'A');
    packet[33] = 0;
    EXPECT_EQ(decoded(packet).has_value(), length == 32) << length;
  }
}

TEST(a_name_decoder, refuses_letters_behind_p) {
  auto packet = encoded(*make_name("A", 0));
  for (const auto letter : {'@', 'Q', 'a', '\0'}) {
    packet[5] = static_cast<std::uint8_t>(letter);
    EXPECT_EQ(decoded(packet).error(), wire_errc::bad_letter) << letter;
  }
}

TEST(a_name_decoder, refuses_a_name_that_ends_with_the_packet) {
  const auto packet = encoded(*make_name("A", 0));
  for (std::size_t length = 0; length < packet.size(); ++length) {
    const bytes cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(decoded(cut).error(), wire_errc::truncated) << length;
  }
}

TEST(a_name_decoder, refuses_scopes_with_dots_or_zeros_inside_a_label) {
  auto name = *make_name("A", 0);
  name.scope = "ABC";
  auto packet = encoded(name);
  for (const auto byte : {'.', '\0'}) {
    packet[35] = static_cast<std::uint8_t>(byte);
    EXPECT_EQ(decoded(packet).error(), wire_errc::bad_scope);
  }
}

TEST(a_name_decoder, refuses_more_than_255_bytes) {
  auto packet = encoded(*make_name("A", 0));
  packet.pop_back();
  for (int label = 0; label < 4; ++label) {
    put_u8(packet, 60);
    packet.resize(packet.size() + 60, 'L');
  }
  put_u8(packet, 0);
  EXPECT_EQ(decoded(packet).error(), wire_errc::name_too_long);
}

TEST(a_name_decoder, folds_the_letters_of_a_name_but_not_its_suffix) {
  auto packet = encoded(*make_name("A", 'a'));
  packet[1] = 'G', packet[2] = 'B';  // 0x61, a small a
  EXPECT_EQ(decoded(packet), *make_name("A", 'a'));
}

}  // namespace
}  // namespace mailslot::net

// Layout of a mailslot write, [MS-MAIL] 2.2.1.
#include "net/wire/mailslot_write.h"

#include "net/wire/error.h"

#include <algorithm>
#include <array>

namespace mailslot::net {
namespace {

constexpr std::array<std::uint8_t, 4> protocol = {0xff, 'S', 'M', 'B'};
constexpr std::uint8_t command_transaction = 0x25;
constexpr std::uint8_t word_count = 17;
constexpr std::uint8_t setup_count = 3;
constexpr std::uint16_t opcode_write = 1;
constexpr std::size_t name_position = 69;
constexpr std::string_view prefix = "\\MAILSLOT\\";

tl::unexpected<std::error_code> error(wire_errc code) {
  return tl::unexpected(make_error_code(code));
}

bool has_prefix(std::string_view name) {
  return name.size() > prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), name.begin(), [](char a, char b) {
           return a == (b >= 'a' && b <= 'z' ? static_cast<char>(b - 'a' + 'A') : b);
         });
}

std::size_t padding_of(const mailslot_write& write, std::size_t name_end) {
  return write.ignored.padding == mailslot_write::aligned ? (4 - name_end % 4) % 4 : write.ignored.padding;
}

}  // namespace

tl::expected<mailslot_write, std::error_code> decode_mailslot_write(bytes_view in) {
  byte_reader reader(in);
  mailslot_write write;
  const auto signature = reader.take(protocol.size());
  if (!std::ranges::equal(signature, protocol)) return error(wire_errc::not_smb);
  if (reader.u8() != command_transaction) return error(wire_errc::not_transaction);
  reader.skip(4);  // status
  write.ignored.flags = reader.u8();
  write.ignored.flags2 = reader.u16_le();
  reader.skip(14);  // PIDHigh, SecurityFeatures, Reserved, TID
  write.ignored.process = reader.u16_le();
  reader.skip(4);  // UID, MID
  if (reader.u8() != word_count) return error(wire_errc::bad_word_count);
  reader.skip(4);  // TotalParameterCount, TotalDataCount
  write.ignored.max_parameter_count = reader.u16_le();
  reader.skip(4);  // MaxDataCount, MaxSetupCount, Reserved
  write.ignored.transaction_flags = reader.u16_le();
  write.ignored.timeout = reader.u32_le();
  reader.skip(4);  // Reserved2, ParameterCount
  const auto parameter_offset = reader.u16_le();
  const std::size_t data_count = reader.u16_le();
  const std::size_t data_offset = reader.u16_le();
  write.ignored.parameter_offset = parameter_offset != 0;
  if (reader.u8() != setup_count) return error(wire_errc::bad_setup_count);
  reader.skip(1);  // Reserved3
  if (reader.u16_le() != opcode_write) return error(wire_errc::bad_opcode);
  write.priority = reader.u16_le();
  write.class_of_service = reader.u16_le();
  reader.skip(2);  // ByteCount
  if (reader.failed()) return error(wire_errc::truncated);

  const auto rest = as_text(reader.rest());
  const auto length = rest.find('\0');
  if (length == std::string_view::npos) return error(wire_errc::unterminated_name);
  const auto name = rest.substr(0, length);
  if (!has_prefix(name)) return error(wire_errc::not_mailslot);
  write.name = name.substr(prefix.size());

  const auto name_end = name_position + length + 1;
  if (data_offset < name_end) return error(wire_errc::bad_data_offset);
  if (data_offset + data_count > in.size()) return error(wire_errc::data_past_end);
  write.data = in.subspan(data_offset, data_count);
  write.ignored.padding = data_offset - name_end;
  return write;
}

std::error_code encode_mailslot_write(const mailslot_write& write, bytes& out) {
  const auto name_end = name_position + prefix.size() + write.name.size() + 1;
  const auto data_offset = name_end + padding_of(write, name_end);
  if (data_offset + write.data.size() > 0xffff) return wire_errc::message_too_long;
  const auto data_count = static_cast<std::uint16_t>(write.data.size());

  put(out, protocol);
  put_u8(out, command_transaction);
  put_zeros(out, 4);
  put_u8(out, write.ignored.flags);
  put_u16_le(out, write.ignored.flags2);
  put_zeros(out, 14);
  put_u16_le(out, write.ignored.process);
  put_zeros(out, 4);
  put_u8(out, word_count);
  put_u16_le(out, 0);
  put_u16_le(out, data_count);
  put_u16_le(out, write.ignored.max_parameter_count);
  put_zeros(out, 4);
  put_u16_le(out, write.ignored.transaction_flags);
  put_u32_le(out, write.ignored.timeout);
  put_zeros(out, 4);
  put_u16_le(out, write.ignored.parameter_offset ? static_cast<std::uint16_t>(data_offset) : 0);
  put_u16_le(out, data_count);
  put_u16_le(out, static_cast<std::uint16_t>(data_offset));
  put_u8(out, setup_count);
  put_u8(out, 0);
  put_u16_le(out, opcode_write);
  put_u16_le(out, write.priority);
  put_u16_le(out, write.class_of_service);
  put_u16_le(out, static_cast<std::uint16_t>(data_offset + write.data.size() - name_position));
  put(out, as_bytes(prefix));
  put(out, as_bytes(write.name));
  put_zeros(out, 1 + data_offset - name_end);
  put(out, write.data);
  return {};
}

}  // namespace mailslot::net

// The one interface between slots and networks. Whoever writes to /mailslot/@HOST/name, and whatever makes a
// message from elsewhere appear in a slot, goes through it; so that another network is another folder beside
// wire/, proto/ and io/. Knows no packet, no socket, no file system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace mailslot::net {

// What becomes of a write, seen by the writer. None is ever more than a hint that it failed: messages are
// fire and forget.
enum class transport_errc {
  too_big = 1,     // more than a message to this slot can carry
  name_not_found,  // nobody answers to the name
  down,            // no interface to send on
  off,             // there is no network
  rate_limited,    // this user has sent too much lately
  cancelled,       // the writer went away before the name was found
};

const std::error_category& transport_category() noexcept;

inline std::error_code make_error_code(transport_errc code) noexcept {
  return {static_cast<int>(code), transport_category()};
}

// Where a message from the network comes from, as far as anybody can know.
struct origin {
  std::string address;    // the address that it was sent from; can be forged on the local network
  std::string name;       // the name that it claims, printable
  bool verified = false;  // whether `name` was proved
};

// What became of a message from the network, seen by the slots.
enum class verdict { taken, no_such_slot, denied, full };

// Where a write to a target has to go: to the network, to this host's own slot of that name, or to both.
enum class reach { network, local, both };

using write_id = std::uint64_t;

// Functions may be called from any thread. Handlers are called by the network's own thread, except that
// `done` may also be called by write() itself; none is called with a lock held, and none may wait.
class transport {
 public:
  // A message for the slot `slot` ("taxes/comments", checked: no empty, dotted or reserved component).
  using message_handler =
      std::function<verdict(const origin& from, std::string_view slot, std::span<const std::uint8_t> data)>;
  using done_handler = std::function<void(std::error_code)>;

  transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;
  virtual ~transport() = default;

  // The most bytes that a message to a slot of this path can have.
  [[nodiscard]] virtual std::size_t max_message_size(std::string_view slot) const = 0;

  // `target` is what follows the @ in /mailslot/@target/…
  [[nodiscard]] virtual reach reach_of(std::string_view target) const = 0;

  // Begins to look for the target, so that a write later need not wait. To be called when a remote slot is
  // opened.
  virtual void resolve(std::string_view target) = 0;

  // Sends `data`, which is copied, as one message to `slot` at `target`, for the local user `uid`. `done` is
  // called exactly once: at once when the target is known, else when it is found or after a second at the
  // latest.
  virtual write_id write(std::string_view target, std::string_view slot, std::span<const std::uint8_t> data,
                         std::uint32_t uid, done_handler done) = 0;

  // Ends a write that is still waiting: its `done` is called with `cancelled`, soon and by the network's own
  // thread. Does nothing for any other.
  virtual void cancel(write_id which) = 0;

  // To be set before start().
  virtual void on_message(message_handler handler) = 0;

  // The files of `.net/` and their contents: lines of text with stable keys.
  [[nodiscard]] virtual std::vector<std::string> report_names() const = 0;
  [[nodiscard]] virtual std::string report(std::string_view name) const = 0;
};

}  // namespace mailslot::net

template <>
struct std::is_error_code_enum<mailslot::net::transport_errc> : std::true_type {};

// Making, sharing and queueing messages.
#include "fs/slot/message.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace mailslot {
namespace {

using origin_ref = std::shared_ptr<const origin>;

}  // namespace

template <class Payer, class Allocate>
expected<message_ref> message::make(std::size_t size, const sender& by, Payer& pays, account& payer,
                                    Allocate&& allocate) {
  if (size > largest_message) return refuse(errc::message_too_long);
  if (auto refused = pays.charge(cost(size))) return refuse(refused);
  const kind k = by.from ? kind::remote : kind::plain;
  auto* memory = static_cast<std::byte*>(allocate(front_of(k) + sizeof(message) + size));
  if (!memory) {
    pays.release(cost(size));
    return refuse(errc::no_room);
  }
  if (by.from) new (memory) origin_ref(by.from);
  return message_ref(new (memory + front_of(k)) message(k, size, by, payer), false);
}

expected<message_ref> message::make(std::size_t size, const sender& by, budget& pays) {
  account& payer = pays.of(by.uid);
  return make(size, by, payer, payer, block_lot::allocate);
}

expected<message_ref> message::copy(bytes_view bytes, const sender& by, budget& pays) {
  auto made = make(bytes.size(), by, pays);
  if (made && !bytes.empty()) std::memcpy((*made)->body().data(), bytes.data(), bytes.size());
  return made;
}

expected<message_ref> message::copy(bytes_view bytes, const sender& by, message_supply& supply) {
  auto made = make(bytes.size(), by, supply.pays, supply.pays.payer(),
                   [&](std::size_t size) { return supply.blocks.get(size); });
  if (made && !bytes.empty()) std::memcpy((*made)->body().data(), bytes.data(), bytes.size());
  return made;
}

expected<message_ref> message::adopt(void*& block, std::size_t size, const sender& by, budget& pays) {
  static_assert(lent_offset >= sizeof(message) && lent_offset % alignof(message) == 0);
  if (size > largest_message) return refuse(errc::message_too_long);
  account& payer = pays.of(by.uid);
  if (auto refused = payer.charge(cost(size))) return refuse(refused);
  // What lies behind the bytes is not needed; a smaller block that cannot be had is no reason to refuse.
  if (void* smaller = std::realloc(block, lent_offset + size)) block = smaller;
  auto* memory = static_cast<std::byte*>(std::exchange(block, nullptr));
  return message_ref(new (memory + front_of(kind::adopted)) message(kind::adopted, size, by, payer), false);
}

const origin* message::from() const {
  if (kind_ != kind::remote) return nullptr;
  return reinterpret_cast<const origin_ref*>(this)[-1].get();
}

void message::destroy(message* m) noexcept {
  m->account_->release(cost(m->size_));
  free(m, nullptr);
}

void message::free(message* m, block_lot* blocks) noexcept {
  const kind k = m->kind_;
  const std::size_t size = front_of(k) + sizeof(message) + m->size_;
  m->~message();
  std::byte* memory = reinterpret_cast<std::byte*>(m) - front_of(k);
  if (k == kind::adopted) return std::free(memory);
  if (k == kind::remote) std::destroy_at(reinterpret_cast<origin_ref*>(memory));
  blocks ? blocks->put(memory, size) : ::operator delete(memory);
}

void message_disposal::add(message_ref m) noexcept {
  message* gone = m.detach();
  if (!gone || !gone->unshare()) return;
  if (gone->account_ != payer_) settle();
  payer_ = gone->account_;
  bytes_ += message::cost(gone->size_);
  message::free(gone, &blocks_);
}

void message_disposal::settle() noexcept {
  if (bytes_ != 0) payer_->release(std::exchange(bytes_, 0));
}

message_queue::~message_queue() {
  message_disposal gone;
  while (head_) gone.add(pop());
}

void message_queue::append(message_queue& others) noexcept {
  if (others.empty()) return;
  (tail_ ? tail_->next_ : head_) = std::exchange(others.head_, nullptr);
  tail_ = std::exchange(others.tail_, nullptr);
  count_ += std::exchange(others.count_, 0);
  bytes_ += std::exchange(others.bytes_, 0);
}

void message_queue::push_front(message_ref m) noexcept {
  message* added = m.detach();
  added->next_ = head_;
  head_ = added;
  if (!tail_) tail_ = added;
  ++count_;
  bytes_ += added->size();
}

void message_queue::merge(message_queue& others) noexcept {
  message** at = &head_;
  std::uint64_t before = 0;
  while (message* added = others.pop().detach()) {
    if (added->id_ < before) at = &head_;
    before = added->id_;
    while (*at && (*at)->id_ < added->id_) at = &(*at)->next_;
    added->next_ = std::exchange(*at, added);
    at = &added->next_;
    if (!added->next_) tail_ = added;
    ++count_;
    bytes_ += added->size();
  }
}

message* message_queue::find(std::uint64_t id) const noexcept {
  message* m = head_;
  while (m && m->id_ != id) m = m->next_;
  return m;
}

message_ref message_queue::replace(std::uint64_t id, const message_ref& with) noexcept {
  message* before = nullptr;
  message* old = head_;
  while (old && old->id_ != id) {
    before = old;
    old = old->next_;
  }
  if (!old) return {};
  message* added = message_ref(with).detach();
  added->id_ = old->id_;
  added->time_ = old->time_;
  added->next_ = std::exchange(old->next_, nullptr);
  (before ? before->next_ : head_) = added;
  if (tail_ == old) tail_ = added;
  bytes_ += added->size();
  bytes_ -= old->size();
  return {old, false};
}

void message_queue::swap(message_queue& other) noexcept {
  std::swap(head_, other.head_);
  std::swap(tail_, other.tail_);
  std::swap(count_, other.count_);
  std::swap(bytes_, other.bytes_);
}

}  // namespace mailslot

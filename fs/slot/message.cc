// Making, sharing and queueing messages.
#include "fs/slot/message.h"

#include <cstring>
#include <new>
#include <utility>

namespace mailslot {

expected<message_ref> message::make(std::size_t size, const sender& by, budget& pays) {
  if (size > largest_message) return refuse(errc::message_too_long);
  account& payer = pays.of(by.uid);
  if (auto refused = payer.charge(cost(size))) return refuse(refused);
  void* memory = ::operator new(sizeof(message) + size, std::nothrow);
  if (!memory) {
    payer.release(cost(size));
    return refuse(errc::no_room);
  }
  message_ref made(new (memory) message(size, by, payer));
  if (by.from) made->from_ = std::make_unique<std::shared_ptr<const origin>>(by.from);
  return made;
}

expected<message_ref> message::copy(bytes_view bytes, const sender& by, budget& pays) {
  auto made = make(bytes.size(), by, pays);
  if (made && !bytes.empty()) std::memcpy((*made)->body().data(), bytes.data(), bytes.size());
  return made;
}

void message::destroy(message* m) noexcept {
  m->account_->release(cost(m->size_));
  m->~message();
  ::operator delete(m);
}

void message_queue::push_back(message_ref m) noexcept {
  message* added = m.detach();
  added->next_ = nullptr;
  (tail_ ? tail_->next_ : head_) = added;
  tail_ = added;
  ++count_;
  bytes_ += added->size();
}

void message_queue::push_front(message_ref m) noexcept {
  message* added = m.detach();
  added->next_ = head_;
  head_ = added;
  if (!tail_) tail_ = added;
  ++count_;
  bytes_ += added->size();
}

message_ref message_queue::pop() noexcept {
  message* first = head_;
  if (!first) return {};
  head_ = std::exchange(first->next_, nullptr);
  if (!head_) tail_ = nullptr;
  --count_;
  bytes_ -= first->size();
  return {first, false};
}

void message_queue::swap(message_queue& other) noexcept {
  std::swap(head_, other.head_);
  std::swap(tail_, other.tail_);
  std::swap(count_, other.count_);
  std::swap(bytes_, other.bytes_);
}

}  // namespace mailslot

// Whether a test program may bring an operator new of its own, to count or to fail. ThreadSanitizer's cannot
// be replaced: MAILSLOT_NEW_IS_FIXED is defined, and such tests are skipped by name.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define MAILSLOT_NEW_IS_FIXED
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MAILSLOT_NEW_IS_FIXED
#endif
#endif

namespace mailslot::test {

#ifdef MAILSLOT_NEW_IS_FIXED
constexpr bool new_is_fixed = true;
#else
constexpr bool new_is_fixed = false;
#endif
constexpr const char* why_new_is_fixed = "ThreadSanitizer has an operator new that cannot be replaced";

}  // namespace mailslot::test

// mailslot.h as a plain C99 program sees it: it compiles with nothing included before it and no extensions.
#include "fs/mailslot.h"

#include <stddef.h>

size_t c99_size_of_info(void) {
  return sizeof(struct mailslot_info);
}

size_t c99_size_of_sender(void) {
  return sizeof(struct mailslot_sender);
}

unsigned long c99_request(int number) {
  switch (number) {
    case 1:
      return MAILSLOT_IOC_INFO;
    case 2:
      return MAILSLOT_IOC_SET_TIMEOUT;
    case 3:
      return MAILSLOT_IOC_POST_EMPTY;
    case 4:
      return MAILSLOT_IOC_NEXT_SIZE;
    case 5:
      return MAILSLOT_IOC_SENDER;
    case 6:
      return MAILSLOT_IOC_PURGE;
    default:
      return 0;
  }
}

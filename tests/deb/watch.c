// What a C program of a user does: mailslot.h by pkg-config, and inotify on a slot that is not its own.
#include <fcntl.h>
#include <mailslot.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

// Prints how many messages wait in the slot, says "watching", and prints "modified" when a message came.
int main(int count, char** words) {
  struct mailslot_info info;
  const int slot = count == 2 ? open(words[1], O_WRONLY) : -1;
  if (slot < 0 || ioctl(slot, MAILSLOT_IOC_INFO, &info) != 0) return 1;
  const int seen = inotify_init();
  if (inotify_add_watch(seen, words[1], IN_MODIFY) < 0) return 2;
  printf("%s %u watching\n", MAILSLOT_VERSION_STRING, info.count);
  fflush(stdout);
  struct pollfd p = {seen, POLLIN, 0};
  if (poll(&p, 1, 60000) != 1) return 3;
  puts("modified");
  return 0;
}

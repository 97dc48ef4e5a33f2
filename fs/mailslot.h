/* mailslot.h - what C and C++ programs can ask of a mailslot besides read(2), write(2) and poll(2).
 *
 * A mailslot is a file below the mount point of mailslotfs (usually /mailslot): one write(2) posts one
 * message, one read(2) takes one. Most of what is here can be had without this header as well: the text of
 * /mailslot/.info/PATH and the extended attributes user.mailslot.KEY say and set the same things, and
 * /mailslot/.as/json/PATH says who sent what. What needs an ioctl: an empty message, because write(fd, "", 0)
 * never reaches a file system; and dropping all that waits.
 *
 *     int fd = open("/mailslot/inbox", O_RDONLY);
 *     struct mailslot_info info;
 *     if (ioctl(fd, MAILSLOT_IOC_INFO, &info) == 0) printf("%u wait\n", info.count);
 *
 * The Windows calls, and what stands for them here:
 *
 *  - CreateMailslot(name, size, timeout): open(O_RDONLY | O_CREAT | O_EXCL), then max_message_size= and
 *    read_timeout= through .info;
 *  - GetMailslotInfo(h, ...): MAILSLOT_IOC_INFO, where the same four figures are among others;
 *  - SetMailslotInfo(h, timeout): MAILSLOT_IOC_SET_TIMEOUT;
 *  - WriteFile(h, "", 0, ...): MAILSLOT_IOC_POST_EMPTY.
 *
 * Every request works on a handle of a slot, whichever view (/mailslot/.as/...) it was opened through, and
 * never waits. ioctl(2) returns 0, or -1 and errno. Errors of all requests:
 *
 *     ENOTTY   not a slot (a directory, .info/PATH, another file system), or a request that this daemon is
 *              too old for
 *     EBADF    the descriptor was opened with O_PATH
 *
 * Further errors stand with each request. All structures have the same size and layout for 32-bit and
 * 64-bit programs. Reserved fields are 0 and may get a meaning: a program that runs with an older daemon
 * then reads 0 there. The numbers and layouts of this header stay as they are from 0.1.0 on.
 *
 * This file is C99 and C++11; it needs no library.
 */
#ifndef MAILSLOT_H
#define MAILSLOT_H

#include <stdint.h>
#include <sys/ioctl.h>

#define MAILSLOT_VERSION_MAJOR 0
#define MAILSLOT_VERSION_MINOR 1
#define MAILSLOT_VERSION_PATCH 0
#define MAILSLOT_VERSION_STRING "0.1.0"
/* To compare in #if: major * 1000000 + minor * 1000 + patch. */
#define MAILSLOT_VERSION_NUMBER \
  (MAILSLOT_VERSION_MAJOR * 1000000 + MAILSLOT_VERSION_MINOR * 1000 + MAILSLOT_VERSION_PATCH)

/* The largest message that any slot takes, in bytes. A read buffer of one byte more always holds a whole
 * message, and shows by not being filled that it did. */
#define MAILSLOT_LARGEST_MESSAGE 1044480

/* As a timeout: wait as long as it takes (MAILSLOT_WAIT_FOREVER on Windows has the same value). */
#define MAILSLOT_FOREVER 0xFFFFFFFFu

/* As a uid or gid: not known here. */
#define MAILSLOT_UNKNOWN 0xFFFFFFFFu

/* The attributes and counters of a slot at one moment. */
struct mailslot_info {
  int64_t next_size;         /* bytes of the oldest message; 0: it is empty; -1: there is none */
  uint64_t bytes;            /* in all messages that wait */
  uint64_t posted;           /* messages since the slot was created: posted, */
  uint64_t taken;            /* taken by readers, */
  uint64_t dropped;          /* dropped because the slot was full, or purged, */
  uint64_t expired;          /* dropped because they waited longer than ttl */
  uint64_t lost;             /* copies that slow readers of the tail view lost */
  int64_t created_ns;        /* when the slot was created: nanoseconds since 1970-01-01 00:00 UTC */
  int64_t oldest_ns;         /* when the oldest message was posted; 0: there is none */
  uint32_t max_message_size; /* as it was given; 0: no limit but MAILSLOT_LARGEST_MESSAGE */
  uint32_t read_timeout;     /* milliseconds, or MAILSLOT_FOREVER; 49 days and more read as 0xFFFFFFFE */
  uint32_t count;            /* messages that wait */
  uint32_t readers;          /* open handles that can read, */
  uint32_t writers;          /* and that can write (this one counts, too) */
  uint32_t waiting;          /* reads that wait for a message */
  uint64_t reserved[12];
};

/* flags of mailslot_sender */
#define MAILSLOT_SENDER_KNOWN 1u    /* uid, gid and pid are those of a process of this machine */
#define MAILSLOT_SENDER_REMOTE 2u   /* it came over the network: address and name say from where */
#define MAILSLOT_SENDER_VERIFIED 4u /* name was checked against address; without this it is a mere claim */

/* Who posted a message, and when. */
struct mailslot_sender {
  uint64_t id;     /* of the message; grows with every message of the daemon */
  int64_t time_ns; /* when it was posted: nanoseconds since 1970-01-01 00:00 UTC */
  uint64_t size;   /* bytes of the whole message, also when less was read so far */
  uint32_t flags;  /* MAILSLOT_SENDER_... */
  uint32_t uid;    /* as the daemon sees them: MAILSLOT_UNKNOWN when it cannot, */
  uint32_t gid;
  int32_t pid;      /* and 0 (a sender in another pid namespace, or on another machine) */
  char address[64]; /* as text, "192.0.2.7" or "2001:db8::7"; "" for this machine. Always NUL-terminated, */
  char name[256];   /* what the sending machine calls itself; cut where it is longer. */
  uint64_t reserved[8];
};

/* The requests have type 0xE6 and the numbers 1 to 6; 7 to 31 are kept for later. */
#define MAILSLOT_IOC_TYPE 0xE6

/* Fills in *info. For every handle, whether it reads or writes. */
#define MAILSLOT_IOC_INFO _IOR(MAILSLOT_IOC_TYPE, 1, struct mailslot_info)

/* Sets read_timeout of the slot to *milliseconds: 0, or MAILSLOT_FOREVER, or between. It counts for reads
 * that begin later, through any handle. On any handle; EPERM when the caller is neither the owner of the slot
 * nor root. */
#define MAILSLOT_IOC_SET_TIMEOUT _IOW(MAILSLOT_IOC_TYPE, 2, uint32_t)

/* Posts a message of 0 bytes, at once, also through a view that gathers what is written. No argument. Works
 * on remote slots (/mailslot/@HOST/...), too. EBADF when the handle was not opened for writing, and whatever
 * write(2) answers: ENOSPC when the slot is full, EDQUOT when the user has too much waiting, EPIPE when the
 * last reader of a lifetime=handle slot has gone. */
#define MAILSLOT_IOC_POST_EMPTY _IO(MAILSLOT_IOC_TYPE, 3)

/* Sets *size to the bytes of the oldest message: 0 when it is empty, -1 when there is none. On any handle. A
 * message that this handle has read in part waits no more and is not meant. */
#define MAILSLOT_IOC_NEXT_SIZE _IOR(MAILSLOT_IOC_TYPE, 4, int64_t)

/* Fills in *sender for the message whose bytes the last successful read(2) of this handle returned; for a
 * view that returns several at once, the last of them. Descriptors from dup(2) and fork(2) share a handle.
 * ENODATA when nothing was read through this handle yet (nor ever will be, if it only writes). */
#define MAILSLOT_IOC_SENDER _IOR(MAILSLOT_IOC_TYPE, 5, struct mailslot_sender)

/* Drops every message that waits and sets *count to how many there were; they count as dropped. A message
 * that a reader has begun to read is not touched. On any handle; EPERM when the caller is neither the owner
 * of the slot nor root. */
#define MAILSLOT_IOC_PURGE _IOR(MAILSLOT_IOC_TYPE, 6, uint32_t)

#endif

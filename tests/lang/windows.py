"""The rows of docs/windows.md. Each function is a row; `own` and `strict` are two ways to the same slot."""

import errno
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import time

M = sys.argv[1]
READ, WRITE, BOTH = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
IOC_INFO = (2 << 30) | (192 << 16) | 0xE601
IOC_SET_TIMEOUT = (1 << 30) | (4 << 16) | 0xE602
IOC_POST_EMPTY = 0xE603
IOC_NEXT_SIZE = (2 << 30) | (8 << 16) | 0xE604

number = 0


class Slot:
    """A new slot by its own name, and through the view."""

    def __init__(self, **attributes):
        global number
        number += 1
        self.name = f"row{number}"
        self.own, self.strict = f"{M}/{self.name}", f"{M}/.as/strict/{self.name}"
        os.close(os.open(self.own, READ | os.O_CREAT | os.O_EXCL))
        for key, value in attributes.items():
            self.set(key, value)

    def set(self, key, value):
        with open(f"{M}/.info/{self.name}", "w", encoding="ascii") as info:
            info.write(f"{key}={value}\n")

    def info(self, *keys):
        with open(f"{M}/.info/{self.name}", encoding="ascii") as info:
            values = dict(line.rstrip("\n").split("=", 1) for line in info)
        return tuple(values[k] for k in keys)


def outcome(call, *arguments):
    """What it returned, or the name of its error."""
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]


def same(was, expected):
    if was != expected:
        raise AssertionError(f"expected {expected!r}, was {was!r}")


def post(path, *messages):
    fd = os.open(path, WRITE)
    for m in messages:
        if m:
            same(os.write(fd, m), len(m))
        else:
            fcntl.ioctl(fd, IOC_POST_EMPTY)
    os.close(fd)


def take(path, room=100):
    fd = os.open(path, READ)
    try:
        return outcome(os.read, fd, room)
    finally:
        os.close(fd)


def eventually(condition):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not happen")
        time.sleep(0.02)


def both(test, **attributes):
    """The test with a new slot, by its own name and through the view."""
    for way in "own", "strict":
        s = Slot(**attributes)
        try:
            test(s, getattr(s, way), way)
        except AssertionError as error:
            raise AssertionError(f"{way}: {error}") from error


rows = []


def row(f):
    rows.append(f)
    return f


# --- names and creating ---


@row
def C1_create():
    s = Slot(max_message_size=100, read_timeout=1500)
    same(s.info("max_message_size", "read_timeout"), ("100", "1500"))
    same(outcome(os.open, f"{M}/.as/strict/missing", READ | os.O_CREAT), "EPERM")


@row
def C2_create_again():
    def test(_, path, __):
        same(outcome(os.open, path, READ | os.O_CREAT | os.O_EXCL), "EEXIST")
        os.close(os.open(path, READ))
    both(test)


@row
def C3_a_name_with_levels():
    same(outcome(os.open, f"{M}/taxes/comments", READ | os.O_CREAT | os.O_EXCL), "ENOENT")
    same(outcome(os.open, f"{M}/.as/strict/taxes/comments", READ), "ENOENT")
    os.makedirs(f"{M}/taxes")
    os.close(os.open(f"{M}/taxes/comments", READ | os.O_CREAT | os.O_EXCL))
    post(f"{M}/.as/strict/taxes/comments", b"x")
    same(take(f"{M}/taxes/comments"), b"x")


@row
def C4_letter_case():
    def test(s, path, _):
        upper = f"{os.path.dirname(path)}/{s.name.upper()}"
        post(upper, b"x")
        same(take(path), b"x")
        same(s.name in os.listdir(M) and s.name.upper() not in os.listdir(M), True)
        same(outcome(os.open, upper, READ | os.O_CREAT | os.O_EXCL), "EEXIST")
    both(test)


@row
def C5_a_name_that_cannot_be():
    for name in "back\\slash", "line\nbreak", "tab\t", ".hidden":
        same(outcome(os.open, f"{M}/{name}", READ | os.O_CREAT), "EINVAL")
    same(outcome(os.open, f"{M}/{'n' * 256}", READ | os.O_CREAT), "ENAMETOOLONG")
    same(outcome(os.open, f"{M}/.as/strict/back\\slash", READ), "ENOENT")


@row
def C6_a_missing_slot():
    for path in f"{M}/missing", f"{M}/.as/strict/missing":
        same(outcome(os.open, path, WRITE), "ENOENT")
        same(outcome(os.open, path, WRITE | os.O_CREAT | os.O_TRUNC), "ENOENT")
        same(outcome(os.open, path, WRITE | os.O_CREAT | os.O_APPEND), "ENOENT")


@row
def C7_several_clients():
    def test(_, path, __):
        clients = [os.open(path, WRITE) for _ in range(3)]
        for n, fd in enumerate(clients):
            os.write(fd, b"%d" % n)
        for fd in clients:
            os.close(fd)
        same([take(path) for _ in range(3)], [b"0", b"1", b"2"])
    both(test)


@row
def C8_a_client_that_reads():
    def test(s, path, _):
        first = os.open(path, READ)
        second = os.open(path, READ)
        post(path, b"x")
        same(os.read(second, 9), b"x")
        os.close(second)
        eventually(lambda: s.info("readers") == ("1",))
        s.set("exclusive", "yes")
        same(outcome(os.open, path, READ), "EBUSY")
        os.close(first)
    both(test)


# --- writing ---


@row
def W1_one_write():
    def test(s, path, _):
        post(path, b"one", b"two")
        same(s.info("count"), ("2",))
        same((take(path), take(path)), (b"one", b"two"))
    both(test)


@row
def W2_over_the_maximum():
    def test(s, path, _):
        fd = os.open(path, WRITE)
        same(outcome(os.write, fd, b"123456"), "EMSGSIZE")
        same(s.info("count"), ("0",))
        same(os.write(fd, b"12345"), 5)
        os.close(fd)
    both(test, max_message_size=5)


@row
def W3_no_maximum():
    def test(s, path, _):
        post(path, bytes(1044480))
        fd = os.open(path, WRITE)
        same(outcome(os.write, fd, bytes(1044481)), "EMSGSIZE")
        os.close(fd)
        same(len(take(path, 2000000)), 1044480)
        same(s.info("count"), ("0",))
    both(test)


@row
def W4_zero_bytes():
    def test(s, path, _):
        fd = os.open(path, WRITE)
        same(os.write(fd, b""), 0)
        same(s.info("count"), ("0",))
        fcntl.ioctl(fd, IOC_POST_EMPTY)
        same(s.info("count", "next_size"), ("1", "0"))
        os.close(fd)
    both(test)
    s = Slot()
    if os.path.exists(os.environ["MAILSLOT"]):
        subprocess.run([os.environ["MAILSLOT"], "send", "--empty", s.own], check=True, timeout=60)
        same(s.info("count", "next_size"), ("1", "0"))


@row
def W5_on_the_servers_handle():
    def test(_, path, __):
        fd = os.open(path, READ)
        same(outcome(os.write, fd, b"x"), "EBADF")
        os.close(fd)
    both(test)
    fd = os.open(Slot().own, BOTH)
    same(os.write(fd, b"x"), 1)
    same(os.read(fd, 9), b"x")
    os.close(fd)


@row
def W6_nobody_reads():
    def test(_, path, __):
        fd = os.open(path, WRITE)
        same([outcome(os.write, fd, b"x") for _ in range(4)], [1, 1, 1, "ENOSPC"])
        os.close(fd)
    both(test, max_messages=3)


@row
def W7_the_server_has_closed():
    def test(s, path, _):
        client, server = os.open(path, WRITE), os.open(path, READ)
        same(os.write(client, b"x"), 1)
        os.close(server)
        eventually(lambda: s.info("readers") == ("0",))
        same(os.write(client, b"y"), 1)
        s.set("lifetime", "handle")
        os.close(os.open(path, READ))
        eventually(lambda: not os.path.exists(s.own))
        same(outcome(os.write, client, b"z"), "EPIPE")
        os.close(client)
    both(test)


# --- reading ---


@row
def R1_one_read():
    def test(_, path, __):
        post(path, b"first", b"second")
        fd = os.open(path, READ)
        same((os.read(fd, 100), os.read(fd, 100)), (b"first", b"second"))
        os.close(fd)
    both(test)


@row
def R2_the_buffer_is_too_small():
    def test(s, path, way):
        post(path, b"abcdef", b"gh")
        fd = os.open(path, READ)
        if way == "strict":
            same(outcome(os.read, fd, 4), "EMSGSIZE")
            same(s.info("count", "next_size", "taken"), ("2", "6", "0"))
            same((os.read(fd, 6), os.read(fd, 6)), (b"abcdef", b"gh"))
        else:
            same((os.read(fd, 4), os.read(fd, 4), os.read(fd, 4)), (b"abcd", b"ef", b"gh"))
        os.close(fd)
    both(test)


@row
def R3_empty_without_timeout():
    def test(_, path, way):
        same(take(path), "EAGAIN" if way == "strict" else b"")
    both(test, read_timeout=0)


@row
def R4_empty_with_timeout():
    def test(_, path, way):
        began = time.monotonic()
        same(take(path), "ETIMEDOUT" if way == "strict" else b"")
        same(time.monotonic() - began > 0.29, True)
    both(test, read_timeout=300)


@row
def R5_empty_and_for_ever():
    def test(s, path, _):
        reader = os.fork()
        if reader == 0:
            os._exit(0 if take(path) == b"at last" else 1)
        eventually(lambda: s.info("waiting") == ("1",))
        post(path, b"at last")
        same(os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]), 0)
        reader = os.fork()
        if reader == 0:
            take(path)
            os._exit(0)
        eventually(lambda: s.info("waiting") == ("1",))
        os.kill(reader, signal.SIGKILL)
        same(os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]), -signal.SIGKILL)
        eventually(lambda: s.info("waiting") == ("0",))
    both(test, read_timeout="forever")


@row
def R6_an_empty_message():
    def test(s, path, way):
        post(path, b"", b"x")
        same(take(path), b"" if way == "strict" else b"x")
        same(s.info("count"), ("1" if way == "strict" else "0",))
    both(test)


@row
def R7_on_a_clients_handle():
    def test(s, path, way):
        post(path, b"x")
        fd = os.open(path, WRITE)
        same(outcome(os.read, fd, 9), "EBADF")
        os.close(fd)
        fd = os.open(path, BOTH)
        same(outcome(os.read, fd, 9), "EACCES" if way == "strict" else b"x")
        os.close(fd)
    both(test)


@row
def R8_overlapped():
    def test(_, path, __):
        fd = os.open(path, READ | os.O_NONBLOCK)
        same(outcome(os.read, fd, 9), "EAGAIN")
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        same(poll.poll(0), [])
        post(path, b"x")
        same(poll.poll(60000), [(fd, select.POLLIN)])
        same(os.read(fd, 9), b"x")
        os.close(fd)
    both(test, read_timeout="forever")


# --- information ---


def ioctl_info(path, how=READ):
    """max_message_size, next_size, count, read_timeout, as GetMailslotInfo has them."""
    fd = os.open(path, how)
    room = bytearray(192)
    fcntl.ioctl(fd, IOC_INFO, room)
    os.close(fd)
    values = struct.unpack("=qQQQQQQqqIIIIII", room[:96])
    return values[9], values[0], values[11], values[10]


@row
def I1_the_maximum():
    def test(s, path, _):
        same(ioctl_info(path)[0], 4321)
        same(s.info("max_message_size"), ("4321",))
    both(test, max_message_size=4321)


@row
def I2_of_an_empty_slot():
    def test(s, path, _):
        same(ioctl_info(path), (0, -1, 0, 0))
        same(s.info("next_size", "count"), ("-1", "0"))
    both(test)


@row
def I3_through_a_sequence():
    def test(s, path, _):
        post(path, b"1", b"22", b"")
        seen = [ioctl_info(path)[1:3]]
        for size in 1, 2:
            same(len(take(path)), size)
            seen.append(ioctl_info(path)[1:3])
        same(take(s.strict), b"")
        seen.append(ioctl_info(path)[1:3])
        same(seen, [(1, 3), (2, 2), (0, 1), (-1, 0)])
    both(test)


@row
def I4_the_timeout():
    def test(s, path, _):
        for value, number_of_it in ("0", 0), ("1500", 1500), ("forever", 0xFFFFFFFF):
            s.set("read_timeout", value)
            same(ioctl_info(path)[3], number_of_it)
    both(test)


@row
def I5_setting_the_timeout():
    def test(s, path, _):
        fd = os.open(path, READ)
        for value, text in (1500, "1500"), (0xFFFFFFFF, "forever"), (0, "0"):
            fcntl.ioctl(fd, IOC_SET_TIMEOUT, struct.pack("I", value))
            same(s.info("read_timeout"), (text,))
        os.close(fd)
        s.set("read_timeout", "forever")
        reader = os.fork()
        if reader == 0:
            os._exit(0 if take(path) == b"x" else 1)
        eventually(lambda: s.info("waiting") == ("1",))
        s.set("read_timeout", "0")
        same(s.info("waiting"), ("1",))
        post(path, b"x")
        same(os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]), 0)
    both(test)


@row
def I6_on_a_clients_handle():
    def test(_, path, __):
        post(path, b"123")
        same(ioctl_info(path, WRITE), (0, 3, 1, 0))
    both(test)


# --- handles ---


@row
def H1_the_last_handle_closes():
    def test(s, path, _):
        post(path, b"x")
        os.close(os.open(path, READ))
        eventually(lambda: s.info("readers") == ("0",))
        same(s.info("count"), ("1",))
        s.set("lifetime", "handle")
        os.close(os.open(path, READ))
        eventually(lambda: not os.path.exists(s.own))
    both(test)


@row
def H2_the_process_dies():
    def test(s, path, _):
        reader = os.fork()
        if reader == 0:
            take(path)
            os._exit(0)
        eventually(lambda: s.info("waiting") == ("1",))
        os.kill(reader, signal.SIGKILL)
        os.waitpid(reader, 0)
        eventually(lambda: not os.path.exists(s.own))
    both(test, lifetime="handle", read_timeout="forever")


@row
def H3_inherited_and_duplicated():
    def test(s, path, _):
        fd = os.open(path, READ)
        copy = os.dup(fd)
        child = os.fork()
        if child == 0:
            os.close(copy)
            signal.pause()
        os.close(fd)
        os.close(copy)
        post(path, b"x")
        same(s.info("readers", "count"), ("1", "1"))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        eventually(lambda: not os.path.exists(s.own))
    both(test, lifetime="handle")


@row
def H4_a_client_closes():
    def test(s, path, _):
        post(path, b"x")
        eventually(lambda: s.info("writers") == ("0",))
        same(take(path), b"x")
    both(test)


for each in rows:
    identity, _, title = each.__name__.partition("_")
    title = f"{identity}: {title.replace('_', ' ')}"
    try:
        each()
        print(f"ok {title}", flush=True)
    except (AssertionError, OSError) as problem:
        print(f"not ok {title}\n  {problem}", flush=True)

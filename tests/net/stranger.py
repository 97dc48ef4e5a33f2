#!/usr/bin/env python3
"""A stranger on the network of a node, who does what RFC 1002 does not ask for. Independent of the code under test.

    stranger.py ATTACK VICTIM-NAME VICTIM-ADDRESS OWN-ADDRESS [ARGUMENT…]

Prints what came of it, in words that the test knows. Waits for answers as long as a broken node would take to give one.
"""
import random
import select
import socket
import struct
import sys
import time

attack, victim, address, own = sys.argv[1:5]
arguments = sys.argv[5:]
NAMES, DATAGRAMS = 137, 138
SILENCE = 1.0  # seconds, in which a node on this machine would have answered


def encoded(name, suffix=0):
    padded = (b"*" + bytes(15)) if name == "*" else name.encode().ljust(15) + bytes([suffix])
    return b"\x20" + bytes(b for c in padded for b in (65 + (c >> 4), 65 + (c & 15))) + b"\0"


def question(flags, name, kind=0x20, entry=None, identity=None):
    """A name service packet; with `entry`, an address, one with an NB record for it (RFC 1002 4.2.2)."""
    identity = random.randrange(65536) if identity is None else identity
    head = struct.pack(">6H", identity, flags, 1, 0, 0, 1 if entry else 0)
    packet = head + encoded(name) + struct.pack(">HH", kind, 1)
    if entry:
        packet += struct.pack(">HHHIHH", 0xC00C, 0x20, 1, 0, 6, 0) + socket.inet_aton(entry)
    return packet


def answer(flags, name, entry, identity):
    record = struct.pack(">HHIHH", 0x20, 1, 0, 6, 0) + socket.inet_aton(entry)
    return struct.pack(">6H", identity, flags, 0, 1, 0, 0) + encoded(name) + record


def message(number, to, slot="inbox", claimed="0.0.0.0"):
    """A mailslot write in a datagram ([MS-MAIL] 2.2.1), which says that it comes from `claimed`."""
    data = b"message %d" % number
    name = b"\\MAILSLOT\\" + slot.encode() + b"\0"
    smb = b"\xffSMB\x25" + bytes(27) + bytes([17])
    smb += struct.pack("<HHHHBBHIHHHHHBBHHHH", 0, len(data), 0, 0, 0, 0, 0, 0, 0, 0, 0, len(data), 69 + len(name), 3, 0, 1, 0, 2,
                       len(name) + len(data))
    body = encoded("STRANGER") + encoded(to) + smb + name + data
    return struct.pack(">BBH4sHHH", 0x10, 2, number & 0xffff, socket.inet_aton(claimed), DATAGRAMS, len(body), 0) + body


def port(at=own, number=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.bind((at, number))
    return s


def heard(sockets, wait=SILENCE):
    """What comes in on them, until nothing has for `wait` seconds."""
    found = []
    while True:
        ready = select.select(sockets, [], [], wait)[0]
        if not ready:
            return found
        found += [(s, s.recvfrom(65536)[0]) for s in ready]


def ask(packet, to=None):
    """How many answers there are."""
    s = port()
    s.sendto(packet, (to or address, NAMES))
    return len(heard([s]))


match attack:
    case "messages":  # COUNT at once
        s = port()
        start = random.randrange(65536)
        for i in range(int(arguments[0])):
            s.sendto(message(start + i, victim), (address, DATAGRAMS))
    case "questions":  # COUNT at once: how many are answered
        s = port()
        for _ in range(int(arguments[0])):
            s.sendto(question(0x0100, victim), (address, NAMES))
            time.sleep(0.0005)  # its buffer is not what is tested
        print(len(heard([s])))
    case "query":
        print(ask(question(0x0100, victim)))
    case "status":
        print(ask(question(0, "*", kind=0x21)))
    case "status-by-broadcast":
        print(ask(question(0x0010, "*", kind=0x21), to=arguments[0]))
    case "conflict-demand":  # RFC 1002 4.2.8
        print(ask(answer(0xAD87, victim, own, random.randrange(65536))))
    case "release":  # RFC 1002 4.2.9, by broadcast
        ask(question(0x3010, victim, entry=own), to=arguments[0])
    case "refusals":  # negative answers with all numbers but the right one, which nobody knows, while the name is claimed
        s = port()
        for _ in range(int(arguments[0])):
            s.sendto(answer(0xAD86, victim, own, random.randrange(65536)), (address, NAMES))
            time.sleep(0.001)
    case "claim-for-another":  # a claim of the victim's name for another's address: who is told that it is taken?
        other = arguments[0]
        asker, bystanders = port(), [port(other, NAMES), port(other, DATAGRAMS)]
        asker.sendto(question(0x2910, victim, entry=other), (address, NAMES))
        told = [s for s, _ in heard([asker, *bystanders])]
        print("asker", told.count(asker), "bystander", len(told) - told.count(asker))
    case "message-for-another":  # messages to a name that is not there and to one that is, as if from another's address
        other = arguments[0]
        asker, bystanders = port(), [port(other, NAMES), port(other, DATAGRAMS)]
        asker.sendto(message(1, "NOBODY", claimed=other), (address, DATAGRAMS))
        asker.sendto(message(2, victim, claimed=other), (address, DATAGRAMS))
        print("heard", len(heard([asker, *bystanders])))
    case _:
        sys.exit(f"no such attack: {attack}")

#!/usr/bin/env python3
"""Joins interfaces as a switch would, in bad weather: of what each other one should get, a tenth is lost, a tenth comes
twice and a quarter late, after what was sent behind it. Every run with one seed has the same luck.

    weather.py SEED INTERFACE…

Ends on SIGTERM. Knows frames and nothing of what is in them, but for one thing: the UDP checksums that the kernel leaves
to the network card, of which there is none here, are cleared, which over IPv4 means that there are none.
"""
import heapq
import itertools
import random
import select
import socket
import sys
import time

LOSS, DUPLICATE, REORDER = 0.10, 0.10, 0.25
LATENESS = 0.03  # seconds

ETH_P_ALL = 3
PACKET_OUTGOING = 4


def without_checksum(frame):
    is_udp = frame[12:14] == b"\x08\x00" and frame[23] == 17
    if not is_udp:
        return frame
    checksum = 14 + 4 * (frame[14] & 15) + 6
    return frame[:checksum] + b"\0\0" + frame[checksum + 2:]


def main():
    luck = random.Random(int(sys.argv[1]))
    ports = []
    for name in sys.argv[2:]:
        port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        port.bind((name, 0))
        ports.append(port)
    late, order = [], itertools.count()

    def forward(port, frame):
        if luck.random() < REORDER:
            heapq.heappush(late, (time.monotonic() + luck.uniform(0, LATENESS), next(order), port, frame))
        else:
            port.send(frame)

    while True:
        wait = max(0, late[0][0] - time.monotonic()) if late else None
        for port in select.select(ports, [], [], wait)[0]:
            frame, how = port.recvfrom(65536)
            if how[2] == PACKET_OUTGOING:
                continue
            frame = without_checksum(frame)
            for other in ports:
                if other is port or luck.random() < LOSS:
                    continue
                for _ in range(2 if luck.random() < DUPLICATE else 1):
                    forward(other, frame)
        while late and late[0][0] <= time.monotonic():
            _, _, port, frame = heapq.heappop(late)
            port.send(frame)


main()

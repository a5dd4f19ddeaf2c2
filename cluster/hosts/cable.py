#!/usr/bin/env python3
"""A bad cable between two network interfaces that it makes: late, lossy and narrow.

    cable.py A B [--delay MS] [--jitter MS] [--loss SHARE] [--rate MBIT] [--seed N]

A and B are the names of its ends (TAP devices), which may be moved into any network namespace once it
has said "ready". It does for packets what 'tc netem' does, also where the kernel has no netem.
"""

import argparse
import fcntl
import heapq
import os
import random
import select
import struct
import time

TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
# What waits for a narrow cable longer than this is dropped, as by a router's queue.
QUEUE_SECONDS = 0.5


def end(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return device


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--delay", type=float, default=0, help="milliseconds, in each direction")
    parser.add_argument("--jitter", type=float, default=0, help="up to so many milliseconds more")
    parser.add_argument("--loss", type=float, default=0, help="the share of packets that is lost")
    parser.add_argument("--rate", type=float, default=0, help="megabits a second, in each direction")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    ends = [end(options.a), end(options.b)]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    free_at = {device: 0.0 for device in ends}
    waiting = []
    count = 0
    print("ready", flush=True)
    while True:
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select(ends, [], [], timeout)
        now = time.monotonic()
        for device in readable:
            try:
                packet = os.read(device, 65536)
            except OSError:  # the end is down
                continue
            if chance.random() < options.loss:
                continue
            leaves = now
            if options.rate:
                leaves = max(now, free_at[device])
                if leaves - now > QUEUE_SECONDS:
                    continue
                leaves += len(packet) * 8 / (options.rate * 1e6)
                free_at[device] = leaves
            arrives = leaves + (options.delay + chance.random() * options.jitter) / 1e3
            count += 1
            heapq.heappush(waiting, (arrives, count, other[device], packet))
        while waiting and waiting[0][0] <= now:
            _, _, device, packet = heapq.heappop(waiting)
            try:
                os.write(device, packet)
            except OSError:
                pass


if __name__ == "__main__":
    main()

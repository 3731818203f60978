"""Free ports for processes that tests start, now or later."""

from __future__ import annotations

import itertools
import os
import socket

# Below the ports that the kernel gives to outgoing connections (one of those may take a port between its choice and its
# use), and below those that clusters take by themselves, which begin at 19200.
FIRST, END = 10_000, 19_000

_next = itertools.count(os.getpid() * 97)


def free_port() -> int:
    """Return a port on which nobody listens, and that this process has not returned for a long time."""
    for number in itertools.islice(_next, END - FIRST):
        port = FIRST + number % (END - FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError(f"no port of {FIRST} to {END} is free")

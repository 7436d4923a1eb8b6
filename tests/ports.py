"""Ports for servers that are started with a number."""

from __future__ import annotations

import contextlib
import random
import socket


def free_port() -> int:
    """A free port below those that the system assigns, so that no other program is given it meanwhile."""
    while True:
        port = random.randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port

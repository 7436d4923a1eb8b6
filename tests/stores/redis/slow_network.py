"""A TCP proxy that delays responses, as on the way from another continent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from .server import Server


@contextmanager
def slow_network(server: Server, seconds: float) -> Iterator[str]:
    """The URL of a server behind a proxy that delays each response by so many seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, server.port, seconds), daemon=True).start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def _serve(listener: socket.socket, port: int, seconds: float) -> None:
    with suppress(OSError):  # the listener is closed
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=_forward, args=(client, server, 0.0), daemon=True).start()
            threading.Thread(target=_forward, args=(server, client, seconds), daemon=True).start()


def _forward(source: socket.socket, target: socket.socket, seconds: float) -> None:
    with closing(source), closing(target), suppress(OSError):
        while data := source.recv(65536):
            time.sleep(seconds)
            target.sendall(data)

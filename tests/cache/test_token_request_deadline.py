"""A server never ends its response: no part of the token request outlives its deadline."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat

import pytest

from gatepass import Setu, Unavailable

from ..helpers import Runner
from ..timeouts import wait_for

TIMEOUT = 0.3
"""Seconds that a token request may take here."""
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
TRICKLES: dict[str, Callable[[], Iterator[bytes]]] = {
    "status line": lambda: chain([b"HTTP/1.1 200 "], repeat(b"x")),
    "header": lambda: chain([OK, b"X-Endless: "], repeat(b"x")),
    "headers": lambda: chain([OK], repeat(b"X-Endless: x\r\n")),
    "informational responses": lambda: repeat(b"HTTP/1.1 102 Processing\r\n\r\n"),
    "body": lambda: chain([OK, b"Content-Length: 999999\r\n\r\n"], repeat(b" ")),
    "chunks": lambda: chain([CHUNKED], repeat(b"1\r\n \r\n")),
    "chunk extension": lambda: chain([CHUNKED, b"1;"], repeat(b"x")),
    "trailers": lambda: chain([CHUNKED, b"2\r\n{}\r\n0\r\nX-Endless: "], repeat(b"x")),
}


class TricklingServer:
    """Sends endless pieces on each connection until the client closes it.

    Without pieces, it only reads the request, slowly.
    """

    def __init__(self, pieces: Callable[[], Iterator[bytes]] | None) -> None:
        self._pieces = pieces
        self.received = 0
        """How many bytes it read of the longest request."""
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        self._threads.append(threading.Thread(target=target, args=args))
        self._threads[-1].start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            self._start(self._serve, self._listener.accept()[0])

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client has closed the connection
            if self._pieces is None:
                received = 0
                while (data := connection.recv(65_536, socket.MSG_WAITALL)) and not self._stopped.wait(0.01):
                    received += len(data)
                    self.received = max(self.received, received)
                return
            for piece in self._pieces():
                connection.sendall(piece)
                if self._stopped.wait(0.01):
                    return

    @property
    def connections(self) -> int:
        """How many are open."""
        return sum(thread.is_alive() for thread in self._threads[1:])

    def close(self) -> None:
        self._stopped.set()
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()


@pytest.fixture
def serve(clean_environment: None) -> Iterator[Callable[..., TricklingServer]]:
    servers: list[TricklingServer] = []

    def start(pieces: Callable[[], Iterator[bytes]] | None) -> TricklingServer:
        servers.append(TricklingServer(pieces))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def check_nothing_outlives_the_deadline(
    runner: Runner, server: TricklingServer, url: str, secret: str = "fake-secret"
) -> None:
    """The request fails, and then its threads, connections and descriptors go away."""
    descriptors = _descriptors()
    credential = Setu("sandbox", client_id="fake", secret=secret, base_url=url, timeout=TIMEOUT)

    for _ in range(3):
        with pytest.raises(Unavailable):
            runner.token(credential)
        credential.invalidate()

    wait_for(lambda: _request_threads() == [], "a thread outlived the deadline")
    wait_for(lambda: server.connections == 0, "a connection outlived the deadline")
    wait_for(lambda: _descriptors() <= descriptors, "a descriptor outlived the deadline")


def _request_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("gatepass ")]


def _descriptors() -> int:
    folder = "/proc/self/fd"
    return len(os.listdir(folder)) if os.path.isdir(folder) else 0


@pytest.mark.parametrize("part", TRICKLES)
def test_a_response_with_an_endless_part(
    part: str, runner: Runner, serve: Callable[..., TricklingServer]
) -> None:
    server = serve(TRICKLES[part])

    check_nothing_outlives_the_deadline(runner, server, f"http://{server.address}")


def test_a_server_that_reads_slowly(runner: Runner, serve: Callable[..., TricklingServer]) -> None:
    server, secret = serve(None), "fake" * 6_000_000

    check_nothing_outlives_the_deadline(runner, server, f"http://{server.address}", secret)

    assert server.received < len(secret)


def test_a_tls_handshake_that_never_ends(runner: Runner, serve: Callable[..., TricklingServer]) -> None:
    server = serve(lambda: chain([b"\x16\x03\x03\x40\x00"], repeat(b"\x02")))

    check_nothing_outlives_the_deadline(runner, server, f"https://{server.address}")


def test_a_proxy_with_an_endless_response(
    runner: Runner, serve: Callable[..., TricklingServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(TRICKLES["header"])
    monkeypatch.setenv("HTTPS_PROXY", f"http://{server.address}")

    check_nothing_outlives_the_deadline(runner, server, "https://api.example")

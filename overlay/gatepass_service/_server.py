"""The HTTP server: uvicorn on given sockets, until a signal ends it."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._listeners import is_own_user

KEEP_ALIVE = 75
"""Seconds for which an idle connection is kept, so that pools of clients seldom meet a closed one."""
GRACE = 15
"""Seconds for requests under way when the service is stopped: more than one for a token takes."""


class _Protocol(H11Protocol):
    """Closes the connections of other users at once."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        peer = transport.get_extra_info("socket")
        if peer.family == socket.AF_UNIX and not is_own_user(peer):
            transport.abort()
            return
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:  # else it was of another user
            super().connection_lost(exc)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop after SIGTERM or Ctrl-C, and return instead of dying of the signal again."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def run_server(app: ASGIApp, listeners: list[socket.socket]) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are finished first."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )
    _Server(config).run(sockets=listeners)

"""uvicorn in a thread, on a socket that listens before anybody can call."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from ._wire import Wire

HOST = "127.0.0.1"


class Server:
    """Serves an application on loopback until it is stopped."""

    def __init__(self, build: Callable[[Wire], ASGIApp], port: int) -> None:
        self.port = port
        self._build = build
        self._wire = Wire()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen, and serve in a thread; OSError if the port is taken."""
        # asyncio turns Nagle's delay off only for a socket that names its protocol.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, self.port))
            listener.listen(1024)
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._build(self._wire),
            http=self._wire.protocol(),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
        )
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(uvicorn.Server(config), listener, ready)),
            name="gatepass-emulator",
            daemon=True,
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._loop and self._serving and self._thread:
            self._loop.call_soon_threadsafe(self._serving.cancel)
            self._thread.join()

    async def _serve(self, server: uvicorn.Server, listener: socket.socket, ready: threading.Event) -> None:
        """Serve until cancelled. uvicorn's own way out waits for slow replies; a test does not."""
        self._loop = asyncio.get_running_loop()
        self._serving = asyncio.current_task()
        ready.set()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await server.serve(sockets=[listener])
        finally:
            for listening in getattr(server, "servers", []):
                listening.close()
            listener.close()
            self._wire.cut_all()
            await asyncio.sleep(0)

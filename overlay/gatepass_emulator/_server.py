"""Where calls come in: a server on loopback, the paths of all specs, the echo API, and the log."""

import asyncio
import contextlib
import secrets
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._answer import answer
from ._faults import NO_FAULT, cut, send_reply, take
from ._issuer import Issuer, fingerprint
from ._message import TOO_LONG, Call, Received, read_request
from ._provider import ECHO, Operation, Provider, Reply, plain

HOST = "127.0.0.1"
LOG_LIMIT = 100_000
"""Requests that the log keeps, the newest: an emulator may run for weeks."""


class Desk:
    """All issuers and the log of their calls; whoever touches them holds the lock."""

    def __init__(self, providers: Mapping[str, Provider], clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.calls: deque[Call] = deque(maxlen=LOG_LIMIT)
        self.total = 0
        """How many requests came in, those that the log has dropped included."""
        self.run = secrets.token_hex(4)
        self.listener: Callable[[Call], None] | None = None
        self.issuers = {
            (name, here): Issuer(provider, here, clock())
            for name, provider in providers.items()
            for here in provider.environments
        }

    def routes(self) -> list[BaseRoute]:
        """Every path of every provider in each of its environments, and the echo API there."""
        echo = {"/echo": {"*": ECHO}, "/echo/{rest:path}": {"*": ECHO}, "/{rest:path}": {}}
        return [
            Route(f"/{name}/{here}{path}", _Path(self, issuer, calls))
            for (name, here), issuer in self.issuers.items()
            for path, calls in {**issuer.provider.paths, **echo}.items()
        ]

    def clear(self) -> None:
        """Back to the start, as a new run: who follows the log by number must not mix the two."""
        with self.lock:
            self.calls.clear()
            self.total = 0
            self.run = secrets.token_hex(4)
            for issuer in self.issuers.values():
                issuer.clear(self.clock())

    def note(self, issuer: Issuer, operation: Operation, received: Received, reply: Reply, cut: bool) -> None:
        """Write a call to the log, without what nobody may learn."""
        places = [one.sent for one in operation.issues]
        if operation is ECHO:
            places = [one.instead for one in issuer.provider.schemes.values()]
        said = (issuer.masked(one, received.message) for one in places)
        token = reply.token or received.bearer
        # A step of a path may be a token or a secret that somebody put there.
        steps = ("…" if len(step) > 40 or "fake-" in step else step for step in received.path.split("/"))
        call = Call(
            at=received.at,
            provider=issuer.provider.name,
            environment=issuer.environment,
            operation=operation.id,
            method=received.method[:20],
            path="/".join(steps)[:200],
            status=0 if cut else reply.status,
            credentials=", ".join(filter(None, said)),
            kind=operation.kind,
            token=fingerprint(token) if token else "",
        )
        self.calls.append(call)
        self.total += 1
        if self.listener:
            self.listener(call)


@dataclass(frozen=True)
class _Path:
    """One path of a provider, for every method, as an ASGI application."""

    desk: Desk
    issuer: Issuer
    calls: Mapping[str, Operation]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        base = f"/{self.issuer.provider.name}/{self.issuer.environment}"
        received = await read_request(Request(scope, receive), base, self.desk.clock())
        if received is None:
            await send_reply(plain(413, TOO_LONG, connection="close"), NO_FAULT, scope, receive, send)
            return
        operation = self.calls.get(received.method) or self.calls.get("*")
        with self.desk.lock:
            fault = take(self.issuer.faults, operation.id) if operation else NO_FAULT
            if operation:
                reply = answer(self.issuer, operation, received, fault)
            elif self.calls:
                reply = plain(405, {"error": "method not allowed"}, allow=", ".join(sorted(self.calls)))
            else:
                echo = f"http://{scope['server'][0]}:{scope['server'][1]}{base}/echo"
                reply = plain(404, {"error": f"no spec has this path; {echo} stands for any API"})
            self.desk.note(self.issuer, operation or Operation(""), received, reply, fault.cut == "before")
        await send_reply(reply, fault, scope, receive, send)


class _Protocol(H11Protocol):
    """Lets the application have the connection, which ASGI alone cannot cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {"transport": transport}
        super().connection_made(transport)


class Server:
    """Serves an application on loopback until it is stopped."""

    def __init__(self, routes: list[BaseRoute], port: int) -> None:
        self.port = port
        self._app = Starlette(routes=routes)
        self._app.router.redirect_slashes = False
        self._thread: threading.Thread | None = None

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
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, ready)), name="gatepass-emulator", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._thread and self._serving:
            self._loop.call_soon_threadsafe(self._serving.cancel)
            self._thread.join()

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        """Serve until cancelled. uvicorn's own way out waits for slow replies; a test does not."""
        config = uvicorn.Config(
            self._app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
        )
        server = uvicorn.Server(config)
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
            for connection in list(server.server_state.connections):
                cut(connection.transport)
            await asyncio.sleep(0)

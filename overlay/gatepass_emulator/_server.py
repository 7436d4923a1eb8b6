"""The server on loopback: the paths of all specs, the echo API, and the log of requests."""

import asyncio
import contextlib
import secrets
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._faults import NO_FAULT, disconnect, next_fault, send_response
from ._issuer import Issuer, fingerprint
from ._log import Call
from ._message import TOO_LONG, ReceivedRequest, read_request
from ._provider import ECHO, Endpoint, Provider, Response, json_response
from ._respond import inverted, respond

HOST = "127.0.0.1"
LOG_LIMIT = 100_000
"""How many requests the log keeps: an emulator may run for weeks."""


class EmulatorState:
    """All issuers and the log of their requests; hold the lock to use them."""

    def __init__(self, providers: Mapping[str, Provider], clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.calls: deque[Call] = deque(maxlen=LOG_LIMIT)
        self.total = 0
        """How many requests came in, including those that the log has dropped."""
        self.run = secrets.token_hex(4)
        self.listener: Callable[[Call], None] | None = None
        self.issuers = {
            (name, environment): Issuer(provider, environment, clock())
            for name, provider in providers.items()
            for environment in provider.environments
        }

    def routes(self) -> list[BaseRoute]:
        """Every path of every provider in each of its environments, and the echo API there."""
        echo = {"/echo": {"*": ECHO}, "/echo/{rest:path}": {"*": ECHO}, "/{rest:path}": {}}
        return [
            Route(f"/{name}/{environment}{path}", _Path(self, issuer, endpoints))
            for (name, environment), issuer in self.issuers.items()
            for path, endpoints in {**issuer.provider.paths, **_probes(issuer), **echo}.items()
        ]

    def clear(self) -> None:
        """Go back to the initial state, as a new run: the numbers of its requests begin again."""
        with self.lock:
            self.calls.clear()
            self.total = 0
            self.run = secrets.token_hex(4)
            for issuer in self.issuers.values():
                issuer.clear(self.clock())

    def record(
        self,
        issuer: Issuer,
        endpoint: Endpoint,
        request: ReceivedRequest,
        response: Response,
        *,
        is_sent: bool,
    ) -> None:
        """Write a request to the log, without its secrets."""
        credentials = [token.sent for token in endpoint.tokens]
        if endpoint is ECHO:
            credentials = [inverted(token.alternative_headers) for token in issuer.provider.tokens.values()]
        masked = (issuer.masked(paths, request.message) for paths in credentials)
        token = response.token or request.token
        # A segment of the path may be a token or a secret that was put there by mistake.
        segments = ("…" if len(part) > 40 or "fake-" in part else part for part in request.path.split("/"))
        call = Call(
            at=request.at,
            provider=issuer.provider.name,
            environment=issuer.environment,
            operation=endpoint.id,
            method=request.method[:20],
            path="/".join(segments)[:200],
            status=response.status if is_sent else 0,
            credentials=", ".join(filter(None, masked)),
            kind=endpoint.kind,
            token=fingerprint(token) if token else "",
        )
        self.calls.append(call)
        self.total += 1
        if self.listener:
            self.listener(call)


def _probes(issuer: Issuer) -> dict[str, dict[str, Endpoint]]:
    """The APIs that a spec names for trying a token; each is the echo API here."""
    urls = [token.probe.get(issuer.environment, "") for token in issuer.provider.tokens.values()]
    return {urlsplit(url).path: {"GET": ECHO} for url in urls if url}


@dataclass(frozen=True)
class _Path:
    """One path of a provider, for every method, as an ASGI application."""

    state: EmulatorState
    issuer: Issuer
    endpoints: Mapping[str, Endpoint]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        base = f"/{self.issuer.provider.name}/{self.issuer.environment}"
        schemes = [token.api for token in self.issuer.provider.tokens.values()]
        request = await read_request(Request(scope, receive), base, self.state.clock(), schemes)
        if request is None:
            too_long = json_response(413, TOO_LONG, connection="close")
            await send_response(too_long, NO_FAULT, scope, receive, send)
            return
        endpoint = self.endpoints.get(request.method) or self.endpoints.get("*")
        with self.state.lock:
            fault = next_fault(self.issuer.faults, endpoint.id) if endpoint else NO_FAULT
            if endpoint:
                response = respond(self.issuer, endpoint, request, fault, self.state.issuers.values())
            elif self.endpoints:
                allowed = ", ".join(sorted(self.endpoints))
                response = json_response(405, {"error": "method not allowed"}, allow=allowed)
            else:
                echo = f"http://{scope['server'][0]}:{scope['server'][1]}{base}/echo"
                response = json_response(404, {"error": f"no spec has this path; {echo} stands for any API"})
            is_sent = fault.disconnect != "before"
            self.state.record(self.issuer, endpoint or Endpoint(""), request, response, is_sent=is_sent)
        await send_response(response, fault, scope, receive, send)


class _Protocol(H11Protocol):
    """Gives the application the connection, which ASGI alone cannot close."""

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
        """Serve until cancelled, without uvicorn's own shutdown, which waits for slow responses."""
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
                disconnect(connection.transport)
            await asyncio.sleep(0)

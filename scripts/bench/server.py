"""The token server for all contenders, in a process of its own.

It serves plain OAuth2 to the peers (a form, `client_credentials` or `refresh_token`), and Setu's API to
gatepass (JSON in, an envelope out), with the same code, latency and counters.
"""

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote_plus

import httpx

CONSTANT = "fake-constant-".ljust(400, "x")
"""A token that never expires. It is as long as the other tokens: about as long as a small JWT."""
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
Response = tuple[int, Any]
"""Status and JSON document."""


class Provider:
    """Issues tokens, knows which are valid, and counts the requests of each client."""

    def __init__(self) -> None:
        self.latency, self.lifetime = 0.05, 3600.0
        self.counts, self._expiry = Counter[str](), {CONSTANT: float("inf")}

    async def respond(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        if method == "GET" and path == "/api":
            token = headers.get("authorization", "").removeprefix("Bearer ")
            return (200 if time.monotonic() < self._expiry.get(token, 0.0) else 401), {}
        if method == "POST" and path.endswith("/token"):
            client, token_response = client_of(headers, body)
            if not client:
                return 400, {"error": "invalid_client"}
            self.counts[client] += 1
            await asyncio.sleep(self.latency)
            return 200, token_response(self._token(), self.lifetime)
        if method == "GET" and path.endswith("/.well-known/openid-configuration"):
            issuer = "https://" + headers["host"] + path.partition("/v2.0")[0]
            endpoints = {
                f"{name}_endpoint": f"{issuer}/oauth2/v2.0/{name}" for name in ("token", "authorization")
            }
            return 200, {"issuer": issuer, **endpoints}
        if path == "/settings":
            settings = json.loads(body)
            self.latency = settings.get("latency", self.latency)
            self.lifetime = settings.get("lifetime", self.lifetime)
            return 200, {}
        return (200, self.counts) if path == "/counts" else (404, {"error": "no such path"})

    def _token(self) -> str:
        token = f"fake-{len(self._expiry)}-".ljust(len(CONSTANT), "x")
        self._expiry[token] = time.monotonic() + self.lifetime
        return token


def client_of(headers: Mapping[str, str], body: bytes) -> tuple[str, Any]:
    """The client id of a token request, and the function that builds its response."""
    if headers.get("content-type", "").startswith("application/json"):
        return json.loads(body)["clientID"], setu_response
    basic = headers.get("authorization", "").removeprefix("Basic ")
    if basic:
        return unquote_plus(base64.b64decode(basic).decode().partition(":")[0]), oauth2_response
    return parse_qs(body.decode()).get("client_id", [""])[0], oauth2_response


def oauth2_response(token: str, lifetime: float) -> Any:
    return {"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime)}


def setu_response(token: str, lifetime: float) -> Any:
    return {"status": 200, "success": True, "data": {"token": token, "expiresIn": int(lifetime)}}


async def serve() -> None:
    """Serve HTTP/1.1 on a free port of this machine, until stdin ends."""
    provider = Provider()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                pairs = (line.partition(":") for line in head[1:] if line)
                headers = {name.lower(): value.strip() for name, _, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, document = await provider.respond(method, target.partition("?")[0], headers, body)
                data = json.dumps(document).encode()
                writer.write(
                    f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(data)}\r\n\r\n".encode()
                    + data
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has disconnected
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)  # without closing the open connections


class Server:
    """Starts the server in a process, and controls it: `with Server() as server: server.url`."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self.url = f"http://127.0.0.1:{self._process.stdout.readline().strip()}"
        self._control = httpx.Client(base_url=self.url, trust_env=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._control.close()
        self._process.communicate()  # closes its stdin, so that it exits

    def set(self, **settings: float) -> None:
        """Set the `latency` of token requests and the `lifetime` of new tokens, in seconds."""
        self._control.post("/settings", json=settings).raise_for_status()

    def counts(self) -> Counter[str]:
        """Token requests so far, by client id."""
        return Counter(self._control.get("/counts").raise_for_status().json())


if __name__ == "__main__":
    asyncio.run(serve())

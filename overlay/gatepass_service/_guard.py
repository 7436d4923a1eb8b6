"""What is refused before anything else: browsers, other names of this machine, and long bodies."""

import asyncio
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._errors import invalid_request

BODY_LIMIT = 16 * 1024
BODY_TIMEOUT = 10.0
"""Seconds for a body to arrive: it is short."""


class Guard:
    """An ASGI application that reads a short body, and passes on what no browser can have sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        refusal = _refusal(headers)
        body = b""
        if refusal is None:
            try:
                async with asyncio.timeout(BODY_TIMEOUT):
                    body = await _read_body(headers, receive)
            except TimeoutError:
                refusal = invalid_request("the body did not arrive in time", 408).response()
            except ValueError:
                refusal = invalid_request(f"the body is longer than {BODY_LIMIT} bytes", 413).response()
            except ConnectionError:
                return
        if refusal is not None:
            refusal.headers["Connection"] = "close"  # with a body that was not read
            await refusal(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


def _refusal(headers: Headers) -> Response | None:
    names = {name.lower() for name in headers}
    fetch = {name for name in names if name.startswith("sec-fetch-")}
    # Node.js sends Sec-Fetch-Mode: cors, and a browser never that one alone.
    is_node = fetch == {"sec-fetch-mode"} and headers["sec-fetch-mode"] == "cors"
    if "origin" in names or (fetch and not is_node):
        return invalid_request("the token service answers no browser", 403).response()
    if not is_this_machine(headers.get("host", "")):
        description = "the Host header must be localhost or a loopback address: use such a URL"
        return invalid_request(description, 421).response()
    return None


def is_this_machine(host: str) -> bool:
    """Whether a Host header, with or without a port, names this machine; any other name may be a trick."""
    name, _, port = host.rpartition(":") if host.rpartition(":")[2].isdecimal() else (host, "", "")
    if len(port) > 5 or not host.isascii():
        return False
    if name.lower() == "localhost":
        return True
    is_bracketed = name.startswith("[") and name.endswith("]")
    try:
        address = ip_address(name[1:-1] if is_bracketed else name)
    except ValueError:
        return False
    return address.is_loopback and is_bracketed == (address.version == 6)


async def _read_body(headers: Headers, receive: Receive) -> bytes:
    """The whole body; ValueError if it is too long."""
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length[:20]) > BODY_LIMIT:
        raise ValueError
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise ValueError
        more = message.get("more_body", False)
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns the body that was read."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay

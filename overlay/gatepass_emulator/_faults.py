"""Faults on request: what can go wrong between a client and a provider."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Literal

from starlette.types import Receive, Scope, Send

from ._message import Json
from ._provider import Provider, Reply


@dataclass(frozen=True)
class Fault:
    """One way in which a call goes wrong; the ways combine.

    `status` and `body` answer in place of the provider, so nothing is issued or counted against a quota.
    Everything else happens to a call that the provider served.
    """

    latency: float = 0.0
    """Seconds before the reply. The token is issued when the call arrives."""
    status: int | None = None
    """Answer with this status, and with the spec's example for it if there is one."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers to add, `Location` or `Retry-After` for example."""
    body: str | bytes | None = field(default=None, repr=False)
    """Answer with this body."""
    content_type: str = "text/html; charset=utf-8"
    """The content type of `body`."""
    cut: Literal["before", "middle"] | None = None
    """Close the connection before the reply, or in the middle of its body."""
    drip: float | None = None
    """Send the body byte by byte, with so many seconds between two."""
    example: str | None = None
    """Answer with the example of this name in the spec; a life of 0 that it tells stays 0."""
    success: Json = None
    """Put this at the spec's success flag; the token stays in the reply."""
    lifetime: Json = None
    """Say this lifetime, whatever its type; `"remove"` says none. The token lives as always."""
    token: str | None = field(default=None, repr=False)
    """Issue this token."""
    patch: Mapping[str, Json] = field(default_factory=dict[str, Json], repr=False)
    """JSON pointer to new value in the reply's body; `"remove"` takes it away."""


NO_FAULT = Fault()
NUMBER = (int, float)
TYPES: Mapping[str, tuple[type, ...]] = {
    "latency": NUMBER,
    "status": (int, NoneType),
    "headers": (Mapping,),
    "body": (str, bytes, NoneType),
    "content_type": (str,),
    "drip": (*NUMBER, NoneType),
    "token": (str, NoneType),
    "patch": (Mapping,),
}
"""What may stand in a fault: over HTTP it can be any JSON."""


@dataclass
class Planned:
    """A fault of the next `times` calls of an operation, or of all calls of the spec."""

    fault: Fault
    operation: str | None
    times: int | None


def check(planned: Planned, provider: Provider) -> None:
    """ValueError if no call can go wrong like that, here or anywhere."""
    fault, calls = planned.fault, provider.operations
    for name, types in TYPES.items():
        if not isinstance(getattr(fault, name), types):
            raise ValueError(f"{name} must be {' or '.join(one.__name__ for one in types)}")
    if fault.status is not None and not 200 <= fault.status <= 999:
        raise ValueError(f"status={fault.status}: the status of a reply is 200 to 999")
    if fault.cut not in (None, "before", "middle"):
        raise ValueError(f"cut={fault.cut!r}: use 'before' or 'middle'")
    if not all(isinstance(text, str) for text in fault.headers.values()):
        raise ValueError("headers must be texts")
    if planned.operation not in (None, "echo", *calls):
        choices = ", ".join([*calls, "echo"])
        raise ValueError(f"{provider.name} has no operation {planned.operation!r}; there are {choices}")
    for word in ("success", "lifetime"):
        if getattr(fault, word) is not None and not any(getattr(s, word) for s in provider.schemes.values()):
            raise ValueError(f"the spec of {provider.name} names no place for {word}")
    named = {name for call in calls.values() for replies in call.replies.values() for name in replies}
    if fault.example not in (None, *named):
        raise ValueError(f"the spec of {provider.name} has no example {fault.example!r}")


def take(planned: list[Planned], operation: str) -> Fault:
    """The fault of this call: the oldest that fits. One that names no operation spares the echo API."""
    for one in planned:
        if one.operation == operation or (one.operation is None and operation != "echo"):
            if one.times is not None:
                one.times -= 1
                if one.times <= 0:
                    planned.remove(one)
            return one.fault
    return NO_FAULT


async def send_reply(reply: Reply, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    """Let a reply go out: late, dripping or cut off, if the fault says so."""
    await asyncio.sleep(fault.latency)
    if fault.cut == "before":
        return await _hang_up(scope, receive)
    content = reply.message.get("body", b"")
    # YAML reads an unquoted timestamp in an example as a date, hence `default`.
    body = content if isinstance(content, bytes) else json.dumps(content, default=str).encode()
    body = b"" if reply.status in (204, 304) else body
    headers = {} if reply.status in (204, 304) else {"content-length": str(len(body))}
    raw = [(name.encode(), text.encode()) for name, text in (headers | reply.message["header"]).items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    if fault.cut == "middle":
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        return await _hang_up(scope, receive)
    if fault.drip is not None:
        for byte in body:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(fault.drip)
        body = b""
    await send({"type": "http.response.body", "body": body})


async def _hang_up(scope: Scope, receive: Receive) -> None:
    cut(scope["state"]["transport"])
    while (await receive())["type"] != "http.disconnect":
        pass


def cut(transport: asyncio.Transport) -> None:
    """Close a connection at once. A shutdown also works while a forked child holds a copy."""
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    transport.abort()

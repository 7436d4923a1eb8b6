"""Faults on request: what can go wrong between a client and a provider."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import NoneType
from typing import Literal

from starlette.types import Receive, Scope, Send

from ._message import Json
from ._provider import Provider, Response


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request; the fields combine.

    `status` and `body` replace the provider's response, so nothing is issued or counted against a quota.
    Everything else happens to a request that the provider handled.
    """

    latency: float = 0.0
    """Seconds before the response. The token is issued when the request arrives."""
    status: int | None = None
    """Respond with this status, and with the spec's example for it if there is one."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers to add, such as `Location` or `Retry-After`."""
    body: str | bytes | None = field(default=None, repr=False)
    """Respond with this body."""
    content_type: str = "text/html; charset=utf-8"
    """The content type of `body`."""
    disconnect: Literal["before", "middle"] | None = None
    """Close the connection before the response, or in the middle of its body."""
    trickle: float | None = None
    """Send the body byte by byte, with this many seconds after each."""
    example: str | None = None
    """Respond with the example of this name in the spec; a lifetime of 0 in it stays 0."""
    success: Json = None
    """Put this at the spec's success flag; the token stays in the response."""
    lifetime: Json = None
    """State this lifetime, of any type, or none for `"remove"`; the token is valid as long as always."""
    token: str | None = field(default=None, repr=False)
    """Issue this token."""
    patch: Mapping[str, Json] = field(default_factory=dict[str, Json], repr=False)
    """JSON pointer to a new value in the response's body; `"remove"` removes the value."""


NO_FAULT = Fault()
NUMBER = (int, float)
TYPES: Mapping[str, tuple[type, ...]] = {
    "latency": NUMBER,
    "status": (int, NoneType),
    "headers": (Mapping,),
    "body": (str, bytes, NoneType),
    "content_type": (str,),
    "trickle": (*NUMBER, NoneType),
    "token": (str, NoneType),
    "patch": (Mapping,),
}
"""The types of the fields of a fault, which is any JSON if it comes over HTTP."""


@dataclass
class PlannedFault:
    """A fault of the next `times` requests of an operation, or of all requests of the spec."""

    fault: Fault
    operation: str | None
    times: int | None

    def __str__(self) -> str:
        """What it does, for the live page; of a field that may hold a token, the name alone."""
        shown = {field.name: field.repr for field in fields(Fault)}
        words = [
            f"{name}={value!r}" if shown[name] else name
            for name, value in vars(self.fault).items()
            if value != getattr(NO_FAULT, name)
        ]
        words += [f"at {self.operation}"] if self.operation else []
        words.append("until cleared" if self.times is None else f"{self.times} time{'s' * (self.times != 1)}")
        return ", ".join(words)


def check(planned: PlannedFault, provider: Provider) -> None:
    """Raise ValueError if a fault does not fit the provider, or any request."""
    fault, endpoints = planned.fault, provider.endpoints
    for name, types in TYPES.items():
        if not isinstance(getattr(fault, name), types):
            raise ValueError(f"{name} must be {' or '.join(type_.__name__ for type_ in types)}")
    if fault.status is not None and not 200 <= fault.status <= 999:
        raise ValueError(f"status={fault.status}: the status of a response is 200 to 999")
    if fault.disconnect not in (None, "before", "middle"):
        raise ValueError(f"disconnect={fault.disconnect!r}: use 'before' or 'middle'")
    if not all(isinstance(value, str) for value in fault.headers.values()):
        raise ValueError("headers must be strings")
    if planned.operation not in (None, "echo", *endpoints):
        choices = ", ".join([*endpoints, "echo"])
        raise ValueError(f"{provider.name} has no operation {planned.operation!r}; there are {choices}")
    places = {
        "success": [token.success.paths for token in provider.tokens.values()],
        "lifetime": [token.expires_in for token in provider.tokens.values()],
    }
    for field_name, paths in places.items():
        if getattr(fault, field_name) is not None and not any(paths):
            raise ValueError(f"the spec of {provider.name} names no place for {field_name}")
    examples = {
        name
        for endpoint in endpoints.values()
        for responses in endpoint.responses.values()
        for name in responses
    }
    if fault.example not in (None, *examples):
        raise ValueError(f"the spec of {provider.name} has no example {fault.example!r}")


def next_fault(queue: list[PlannedFault], operation: str) -> Fault:
    """Take the oldest fault that fits a request; one without an operation does not apply to the echo API."""
    for planned in queue:
        if planned.operation == operation or (planned.operation is None and operation != "echo"):
            if planned.times is not None:
                planned.times -= 1
                if planned.times <= 0:
                    queue.remove(planned)
            return planned.fault
    return NO_FAULT


async def send_response(response: Response, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response: late, byte by byte or incomplete, if the fault says so."""
    await asyncio.sleep(fault.latency)
    if fault.disconnect == "before":
        return await _disconnect(scope, receive)
    content = response.message.get("body", b"")
    # YAML reads an unquoted timestamp in an example as a date, hence `default`.
    is_text = isinstance(content, str) and "json" not in response.message["header"].get("content-type", "")
    content = content.encode() if is_text else content
    body = content if isinstance(content, bytes) else json.dumps(content, default=str).encode()
    body = b"" if response.status in (204, 304) else body
    headers = {} if response.status in (204, 304) else {"content-length": str(len(body))}
    raw = [(name.encode(), value.encode()) for name, value in (headers | response.message["header"]).items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    if fault.disconnect == "middle":
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        return await _disconnect(scope, receive)
    if fault.trickle is not None:
        for byte in body:
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(fault.trickle)
        body = b""
    await send({"type": "http.response.body", "body": body})


async def _disconnect(scope: Scope, receive: Receive) -> None:
    disconnect(scope["state"]["transport"])
    while (await receive())["type"] != "http.disconnect":
        pass


def disconnect(transport: asyncio.Transport) -> None:
    """Close a connection at once. A shutdown also works while a forked child holds a copy."""
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    transport.abort()

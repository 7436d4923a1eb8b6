"""A message, the places in it, and what the log tells of a call."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.requests import Request

Json = Any
Place = tuple[str, ...]
"""Steps into a message `{"header": {…}, "body": …}`; names of headers are lower case."""
Kind = Literal["token", "secret", "echo", "other"]
MISSING: Any = object()
"""Nothing is there, which `null` does not say."""
FORM = "application/x-www-form-urlencoded"
BODY_LIMIT = 1_000_000
"""Bytes of a request body; no token request comes near it."""
TOO_LONG = {"error": f"the body is longer than {BODY_LIMIT} bytes"}


def steps(pointer: str) -> Place:
    """The steps of a JSON pointer."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("/").split("/"))


def find(node: Json, place: Place) -> Json:
    """What stands there, or `MISSING`."""
    for key in place:
        if isinstance(node, dict):
            node = node.get(key, MISSING)
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            return MISSING
    return node


def put(node: Json, place: Place, value: Json) -> None:
    """Set what stands there; `"remove"` takes it away; objects that are missing on the way are made."""
    if place[0] == "header" and value != "remove":
        value = str(value)
    *way, last = place
    for key in way:
        if not isinstance(find(node, (key,)), (dict, list)):
            put(node, (key,), {})
        node = find(node, (key,))
    if isinstance(node, list):
        node[int(last) : int(last) + 1] = [] if value == "remove" else [value]
    elif value == "remove":
        node.pop(last, None)
    else:
        node[last] = value


@dataclass(frozen=True)
class Received:
    """A request that came in; `media` is empty without a body, and a form is an object of texts."""

    at: float
    method: str
    path: str
    media: str
    bearer: str = field(repr=False)
    message: Mapping[str, Json] = field(repr=False)


async def read_body(request: Request) -> bytes | None:
    """The body of a request; None as soon as it is longer than `BODY_LIMIT`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return body


async def read_request(request: Request, base: str, at: float) -> Received | None:
    """Read a whole request, None if its body is too long; an unreadable body is not in its message."""
    raw = await read_body(request)
    if raw is None:
        return None
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower() if raw else ""
    message = {
        "header": dict(request.headers),
        "query": dict(request.query_params),
        "path": dict(request.path_params),
    }
    with suppress(ValueError, RecursionError):
        message["body"] = dict(parse_qsl(raw.decode(), True)) if media == FORM else json.loads(raw)
    word, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if word.lower() == "bearer" else ""
    return Received(at, request.method, request.url.path.removeprefix(base), media, bearer, message)


@dataclass(frozen=True)
class Call:
    """One call that came in.

    `credentials` are masked, `token` is a fingerprint of the token that was issued or shown, and `status` is
    0 if the connection was cut before a reply. A slow reply is in the log before it is sent.
    """

    at: float
    provider: str
    environment: str
    operation: str
    method: str
    path: str
    status: int
    credentials: str = ""
    kind: Kind = "other"
    token: str = ""

    def __str__(self) -> str:
        """The line that the command prints."""
        at = time.strftime("%H:%M:%S", time.localtime(self.at))
        said = [at, f"{self.provider}/{self.environment}", self.method, self.path, str(self.status)]
        return printable(" ".join([*said, self.credentials] if self.credentials else said))


def printable(string: str) -> str:
    """The string with escapes for what a terminal would obey or hide; any web page can choose a path."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in string
    )

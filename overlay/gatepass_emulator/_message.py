"""Reading requests, and values at the paths of a message `{"header": {...}, "body": ...}`."""

import base64
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from gatepass_spec import MISSING, ApiScheme, JsonPath, get_path

Json = Any
FORM = "application/x-www-form-urlencoded"
BODY_LIMIT = 1_000_000
"""Bytes of a request body; no token request comes near it."""
TOO_LONG = {"error": f"the body is longer than {BODY_LIMIT} bytes"}


def value_at(message: Json, path: JsonPath) -> Json:
    """The value at a path, or `MISSING`, which `null` is not."""
    return get_path(message, (path,), MISSING)


def set_value(node: Json, path: JsonPath, value: Json) -> None:
    """Set the value at a path, creating the objects above it; `"remove"` removes the value."""
    if path[0] == "header" and value != "remove":
        value = str(value)
    *parents, last = path
    for key in parents:
        if not isinstance(value_at(node, (key,)), (dict, list)):
            set_value(node, (key,), {})
        node = value_at(node, (key,))
    if isinstance(node, list):
        node[int(last) : int(last) + 1] = [] if value == "remove" else [value]
    elif value == "remove":
        node.pop(last, None)
    else:
        node[last] = value


@dataclass(frozen=True)
class ReceivedRequest:
    """A request that came in; a form is an object of strings.

    `media` is empty without a body, `token` without a token.
    """

    at: float
    method: str
    path: str
    media: str
    token: str = field(repr=False)
    message: Mapping[str, Json] = field(repr=False)


async def read_body(request: Request) -> bytes | None:
    """The body of a request; None as soon as it is longer than `BODY_LIMIT`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return None
    return body


def _basic(encoded: str) -> dict[str, str]:
    """User name and password of HTTP Basic; empty if they cannot be read."""
    with suppress(ValueError):
        username, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        return {"username": username, "password": password} if colon else {}
    return {}


async def read_request(
    request: Request, base: str, at: float, schemes: Iterable[ApiScheme]
) -> ReceivedRequest | None:
    """Read a whole request; None if its body is too long. A malformed body is left out of its message.

    Its token is looked for where the schemes put it.
    """
    raw = await read_body(request)
    if raw is None:
        return None
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower() if raw else ""
    message = {
        "header": dict(request.headers),
        "query": dict(request.query_params),
        "path": dict(request.path_params),
        "cookie": dict(request.cookies),
    }
    with suppress(ValueError, RecursionError):
        message["body"] = dict(parse_qsl(raw.decode(), True)) if media == FORM else json.loads(raw)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        message["basic"] = _basic(token)
    path = request.url.path.removeprefix(base)
    return ReceivedRequest(at, request.method, path, media, _token(message, schemes), message)


def _token(message: Json, schemes: Iterable[ApiScheme]) -> str:
    """The token of a request, sent as one of the schemes says; empty without one."""
    for scheme in schemes:
        name = scheme.name.lower() if scheme.part == "header" else scheme.name
        value, prefix = value_at(message, (scheme.part, name)), scheme.prefix
        # The name of an authentication scheme has no case (RFC 9110).
        if isinstance(value, str) and value.lower().startswith(prefix.lower()):
            return value[len(prefix) :].strip()
    return ""

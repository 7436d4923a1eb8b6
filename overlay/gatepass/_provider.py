"""What the generated credential classes use to fill requests and to read responses."""

import base64
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from ._errors import ConfigError

Expected = TypeVar("Expected")


def expect(expected: type[Expected], response: object) -> Expected:
    """The response of a typed client, which must be of the class that is documented for a success."""
    if not isinstance(response, expected):
        raise TypeError(f"{type(response).__name__} instead of {expected.__name__}")
    return response


def encode_base64(value: str, decoded: str = "") -> str:
    """The value in base64; one that does not match the pattern `decoded` is in base64 already."""
    return base64.b64encode(value.encode()).decode() if re.search(decoded, value) else value


def read_cookie(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a cookie that a response sets."""
    from http.cookies import SimpleCookie  # few providers need it

    morsel = SimpleCookie(headers.get("set-cookie", "")).get(name)
    return morsel.value if morsel is not None else None


def basic_authorization(username: str, password: str) -> str:
    """The Authorization header of HTTP Basic (RFC 7617)."""
    return "Basic " + encode_base64(f"{username}:{password}")


def format_time(seconds: float) -> str:
    """UTC epoch seconds in ISO 8601, with milliseconds and a Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_uuid() -> str:
    """A random UUID."""
    import uuid  # few providers need one

    return str(uuid.uuid4())


def check_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Raise `ConfigError` unless the value of an option is one of the choices."""
    if value not in list(choices):
        raise ConfigError(f"{name}=: use {' or '.join(map(repr, choices))}")

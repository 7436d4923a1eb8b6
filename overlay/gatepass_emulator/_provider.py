"""What a spec says of a provider: kinds of token, calls, replies, credentials."""

import copy
import json
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ._message import FORM, Json, Kind, Place, Received

Places = tuple[Place, ...]
"""Spellings of one place in a reply: the first that is there counts."""


@dataclass(frozen=True)
class Scheme:
    """A kind of token: what `x-token` says, key by key as specs/README.md explains them."""

    name: str
    jwt: bool
    operation: str
    also: Sequence[str]
    credentials: Mapping[str, Place]
    constants: Mapping[Place, str]
    value: Places
    lifetime: Places
    default_lifetime: int
    success: Places
    refused: Sequence[str]
    limited: Sequence[str]
    stale_on: Sequence[int]
    quota: Mapping[str, int]
    prefix: Mapping[str, str]
    instead: Mapping[str, Place]
    refresh: Mapping[str, Any]

    @property
    def sent(self) -> Mapping[str, Place]:
        """The credentials of its calls, the refresh token included."""
        again = {self.refresh["token"][-1]: self.refresh["token"]} if self.refresh else {}
        return {**self.credentials, **again}

    @property
    def operations(self) -> set[str]:
        """The calls that issue or renew it."""
        return {self.operation, *self.also, self.refresh.get("operation", self.operation)}


@dataclass
class Reply:
    """A reply to be filled in, and the token that it issues."""

    status: int
    message: dict[str, Json] = field(repr=False)
    token: str = field(default="", repr=False)


def plain(status: int, body: Json, **headers: str) -> Reply:
    """A JSON reply that is in no spec."""
    return Reply(status, {"header": {"content-type": "application/json", **headers}, "body": body})


@dataclass(frozen=True)
class Operation:
    """One call, the kinds of token that it issues, and its `x-secret`.

    `requests` has a compiled schema of whole requests by media type (`""`: no body), `example` one such
    request, `replies` the examples by status and name.
    """

    id: str
    issues: Sequence[Scheme] = ()
    secret: Mapping[str, Any] = field(default_factory=dict[str, Any])
    security: Set[str] = frozenset()
    requests: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    example: Json = field(default=None, repr=False)
    replies: Mapping[str, Mapping[str, Reply]] = field(default_factory=dict[str, Any], repr=False)

    @property
    def kind(self) -> Kind:
        """Its kind in the log."""
        return "token" if self.issues else "secret" if self.secret else "echo" if self is ECHO else "other"

    @property
    def good(self) -> str:
        """The status of a call that went well."""
        return min((status for status in self.replies if status.startswith("2")), default="200")

    def reply(self, *statuses: str, example: str | None = None) -> Reply:
        """A copy of the spec's own example for the first of these statuses that it documents."""
        for status in statuses:
            if status in self.replies:
                named = self.replies[status]
                shown = named.get(example or "", next(iter(named.values())))
                return Reply(shown.status, copy.deepcopy(shown.message))
        return plain(int(statuses[0]), {"error": f"the spec has no example for {statuses[0]}"})

    def allows(self, received: Received) -> bool:
        """Whether a request fits its schemas; a body that nobody asked for does no harm."""
        check = self.requests.get("" if set(self.requests) == {""} else received.media)
        if check is None:
            return False
        parts = check.schema["properties"]
        message = {
            part: node if part == "body" and received.media != FORM else _typed(node, parts.get(part, {}))
            for part, node in received.message.items()
        }
        return bool(check.is_valid(message))


ECHO = Operation("echo")
"""The echo API: what a provider's other APIs make of a token."""


def _typed(texts: Json, schema: Json) -> Json:
    """Texts of a header, a query, a path or a form as the numbers and flags that the schema wants."""
    known = schema.get("properties", {})
    typed = dict(texts)
    for name, text in typed.items():
        if known.get(name, {}).get("type") in ("integer", "number", "boolean"):
            with suppress(ValueError):
                typed[name] = json.loads(text)
    return typed


@dataclass(frozen=True)
class Credential:
    """A credential; `example` is what a user knows, also where base64 of it travels."""

    secret: bool
    base64: bool
    example: str = field(repr=False)


@dataclass(frozen=True)
class Provider:
    """A provider; its calls by path and method."""

    name: str
    environments: tuple[str, ...]
    schemes: Mapping[str, Scheme]
    credentials: Mapping[str, Credential]
    paths: Mapping[str, Mapping[str, Operation]] = field(repr=False)

    @property
    def operations(self) -> dict[str, Operation]:
        """The calls by operationId."""
        return {call.id: call for here in self.paths.values() for call in here.values()}

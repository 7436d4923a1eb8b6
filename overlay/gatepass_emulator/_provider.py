"""A provider as the emulator serves it: its endpoints, their responses, and the credentials."""

import copy
import json
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from gatepass_spec import JsonPath, SecretExtension, TokenExtension

from ._log import Kind
from ._message import FORM, Json, ReceivedRequest


@dataclass
class Response:
    """A response to be filled in, and the token that it issues."""

    status: int
    message: dict[str, Json] = field(repr=False)
    token: str = field(default="", repr=False)


def json_response(status: int, body: Json, **headers: str) -> Response:
    """A JSON response that is in no spec."""
    return Response(status, {"header": {"content-type": "application/json", **headers}, "body": body})


@dataclass(frozen=True)
class Endpoint:
    """One operation of a spec, the kinds of token that it issues, and its `x-gatepass-secret`.

    `validators` has a compiled schema of whole requests by media type (`""`: no body), `responses` the
    examples by status and name.
    """

    id: str
    tokens: Sequence[TokenExtension] = ()
    secret: SecretExtension | None = None
    security: Set[str] = frozenset()
    validators: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    example: Json = field(default=None, repr=False)
    """A request."""
    responses: Mapping[str, Mapping[str, Response]] = field(default_factory=dict[str, Any], repr=False)

    @property
    def kind(self) -> Kind:
        """The kind of its requests in the log."""
        return "token" if self.tokens else "secret" if self.secret else "echo" if self is ECHO else "other"

    @property
    def success_status(self) -> str:
        """The lowest documented 2xx."""
        return min((status for status in self.responses if status.startswith("2")), default="200")

    def response(self, *statuses: str, example: str | None = None) -> Response:
        """A copy of the spec's example for the first of these statuses that it documents."""
        for status in statuses:
            if status in self.responses:
                examples = self.responses[status]
                chosen = examples.get(example or "", next(iter(examples.values())))
                return Response(chosen.status, copy.deepcopy(chosen.message))
        return json_response(int(statuses[0]), {"error": f"the spec has no example for {statuses[0]}"})

    def is_valid(self, request: ReceivedRequest) -> bool:
        """Whether a request matches its schemas; a body that is not documented is ignored."""
        validator = self.validators.get("" if set(self.validators) == {""} else request.media)
        if validator is None:
            return False
        parts = validator.schema["properties"]
        message = {
            part: node if part == "body" and request.media != FORM else _typed(node, parts.get(part, {}))
            for part, node in request.message.items()
        }
        return bool(validator.is_valid(message))


ECHO = Endpoint("echo")
"""The echo API stands for every other API of a provider."""


def _typed(strings: Json, schema: Json) -> Json:
    """Strings of headers, a query, a path or a form as the numbers and booleans that the schema declares."""
    properties = schema.get("properties", {})
    typed = dict(strings)
    for name, string in typed.items():
        if properties.get(name, {}).get("type") in ("integer", "number", "boolean"):
            with suppress(ValueError):
                typed[name] = json.loads(string)
    return typed


@dataclass(frozen=True)
class Credential:
    """A credential; `example` is the value as users have it, before any base64."""

    secret: bool
    base64: Set[JsonPath]
    """Where a request carries the base64 of it."""
    example: str = field(repr=False)
    algorithm: str | None = None
    """With which it signs assertions, if it is a private key."""


@dataclass(frozen=True)
class Provider:
    """A provider; its endpoints by path and method."""

    name: str
    environments: tuple[str, ...]
    tokens: Mapping[str, TokenExtension]
    credentials: Mapping[str, Credential]
    paths: Mapping[str, Mapping[str, Endpoint]] = field(repr=False)

    @property
    def endpoints(self) -> dict[str, Endpoint]:
        """The endpoints by operationId."""
        return {endpoint.id: endpoint for methods in self.paths.values() for endpoint in methods.values()}

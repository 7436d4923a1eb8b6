"""The fake accounts that a spec implies."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from ._operation import Operation
from ._place import Json, Place
from ._spec import Provider


@dataclass(frozen=True)
class Credential:
    """One credential of a provider: its name, whether it is secret, how it travels."""

    name: str
    secret: bool
    base64: bool
    example: str = field(repr=False)

    def value(self, provider: str, environment: str) -> str:
        """What opens the account; a secret differs from one environment to the next."""
        if not self.secret:
            return self.example
        return f"fake-{environment}-{provider}-{self.name}".replace("_", "-")

    def plain(self, sent: Json) -> str | None:
        """What was sent, decoded; None if it is no text or not the encoding it should be."""
        if not isinstance(sent, str):
            return None
        return _decoded(sent) if self.base64 else sent


def credentials(provider: Provider) -> Mapping[str, Credential]:
    """The credentials of all kinds of token, by name.

    One name is one variable, so two kinds of token that share a name share the value.
    """
    found: dict[str, Credential] = {}
    for scheme in provider.schemes.values():
        where = f"#/components/securitySchemes/{scheme.name}/x-token"
        for operation_id in (scheme.operation, *scheme.also):
            operation = provider.operations.get(operation_id)
            if operation is None:
                raise provider.document.error(where, f"there is no operation {operation_id}")
            for name, place in scheme.credentials.items():
                schema = request_schema(provider, operation, place)
                if schema is None:
                    why = f"leads nowhere in the request of {operation_id}"
                    raise provider.document.error(f"{where}/credentials/{name}", why)
                found.setdefault(name, _credential(provider, operation, name, place, schema))
    return found


def _credential(
    provider: Provider, operation: Operation, name: str, place: Place, schema: Mapping[str, Json]
) -> Credential:
    encoded = schema.get("contentEncoding") == "base64"
    example = _example(provider, operation, place, schema)
    if example is None:
        example = f"fake-{name}"
    elif encoded:
        example = _decoded(example) or example
    return Credential(name, schema.get("format") == "password", encoded, example)


def request_schema(provider: Provider, operation: Operation, place: Place) -> Mapping[str, Json] | None:
    """The schema of one place in the request of a call, or None if there is no such place."""
    document = provider.document
    if place.part == "header":
        for (where, name), parameter in operation.check.parameters.items():
            if where == "header" and name.lower() == place.keys[0]:
                return document.property(parameter.get("schema", {}), ())
        return None
    for content in operation.check.media.values():
        found = document.property(document.follow(content, "schema"), place.keys)
        if found is not None:
            return found
    return None


def _example(
    provider: Provider, operation: Operation, place: Place, schema: Mapping[str, Json]
) -> str | None:
    document = provider.document
    found: list[Json] = []
    if place.part == "header":
        for (where, name), parameter in operation.check.parameters.items():
            if where == "header" and name.lower() == place.keys[0]:
                found.append(document.example(parameter))
    else:
        found += [place.find(document.example(content), {}) for content in operation.check.media.values()]
    found += [schema.get("example"), *schema.get("examples", [])]
    return next((example for example in found if isinstance(example, str)), None)


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return None

"""A kind of token: a security scheme with `x-token`, read from the spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ._document import Document
from ._place import Json, Place, is_list, is_object

Places = tuple[Place, ...]


@dataclass(frozen=True)
class Scheme:
    """A kind of token: how it looks, how long it lives, where its call puts what."""

    name: str
    jwt: bool
    operation: str
    also: tuple[str, ...]
    credentials: Mapping[str, Place]
    constants: Mapping[Place, str]
    value: Places
    lifetime: Places
    default_lifetime: int
    success: Places
    refused: tuple[str, ...]
    limited: tuple[str, ...]
    stale_on: tuple[int, ...]
    quota: tuple[int, int] | None
    prefix: Mapping[str, str]
    instead: Mapping[str, Place]
    refresh: Refresh | None


@dataclass(frozen=True)
class Refresh:
    """How a refresh token comes out and goes back in."""

    operation: str
    token: Place
    source: Places
    constants: Mapping[Place, str]


@dataclass
class Reader:
    """Reads one vendor key, and says where it is wrong."""

    document: Document
    where: str
    node: Mapping[str, Any] = field(repr=False)

    def need(self, key: str) -> Json:
        if key not in self.node:
            raise self.document.error(self.where, f"{key} is missing")
        return self.node[key]

    def below(self, key: str) -> Reader:
        node = self.node.get(key, {})
        if not is_object(node):
            raise self.document.error(f"{self.where}/{key}", "must be an object")
        return Reader(self.document, f"{self.where}/{key}", node)

    def place(self, key: str, side: Literal["request", "response"], text: Json) -> Place:
        try:
            return Place.parse(text, side)
        except ValueError as error:
            raise self.document.error(f"{self.where}/{key}", str(error)) from error

    def places(self, key: str) -> Places:
        """One place of a reply, or its spellings, or none."""
        given = self.node.get(key, [])
        texts = given if is_list(given) else [given]
        return tuple(self.place(key, "response", text) for text in texts)

    def credentials(self, key: str) -> dict[str, Place]:
        below = self.below(key)
        return {name: below.place(name, "request", text) for name, text in below.node.items()}

    def constants(self) -> dict[Place, str]:
        below = self.below("constants")
        return {below.place(at, "request", at): str(text) for at, text in below.node.items()}

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(str(item) for item in self.node.get(key, []))


def read_scheme(document: Document, name: str, node: Json) -> Scheme:
    """Read one security scheme that has `x-token`."""
    where = f"#/components/securitySchemes/{name}/x-token"
    reader = Reader(document, where, {})
    if not isinstance(node.get("x-token"), dict):
        raise document.error(where, "must be an object")
    reader.node = node["x-token"]
    for key in ("operation", "credentials", "value", "default_lifetime", "refused", "stale_on"):
        reader.need(key)
    refresh = None
    if "refresh" in reader.node:
        below = reader.below("refresh")
        refresh = Refresh(
            operation=str(below.need("operation")),
            token=below.place("token", "request", below.need("token")),
            source=below.places("from"),
            constants=below.constants(),
        )
    quota = reader.below("quota")
    return Scheme(
        name=name,
        jwt=node.get("bearerFormat") == "JWT",
        operation=str(reader.need("operation")),
        also=reader.texts("also"),
        credentials=reader.credentials("credentials"),
        constants=reader.constants(),
        value=reader.places("value"),
        lifetime=reader.places("lifetime"),
        default_lifetime=int(reader.need("default_lifetime")),
        success=reader.places("success"),
        refused=reader.texts("refused"),
        limited=reader.texts("limited"),
        stale_on=tuple(int(status) for status in reader.need("stale_on")),
        quota=(int(quota.need("tokens")), int(quota.need("seconds"))) if quota.node else None,
        prefix={key: str(text) for key, text in reader.below("prefix").node.items()},
        instead=reader.credentials("instead"),
        refresh=refresh,
    )

"""The test vectors of `specs/vectors` as Python objects."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..helpers import load_spec

SPECS = Path(__file__).parents[2] / "specs"
FOLDER = SPECS / "vectors"
FILES = sorted(set(FOLDER.glob("*.json")) - {FOLDER / "vectors.schema.json"})


@dataclass(frozen=True)
class Exchange:
    """A request of `calls`, its reply, and the seconds before it."""

    call: dict[str, Any]
    reply: dict[str, Any]
    """Empty if nothing is sent."""
    after: float | None
    times: int | None
    """How often the user makes the call, with the token invalidated in between."""


@dataclass(frozen=True)
class Vector:
    provider: str
    now: int
    name: str
    exchanges: tuple[Exchange, ...]
    conclude: dict[str, Any]
    claims: dict[str, Any] | None
    callers: int | None
    """How many callers make the call at the same time."""
    meanwhile: str | None
    """The token that the client gets by another call before the first reply arrives."""

    def __str__(self) -> str:
        return f"{self.provider}: {self.name}"

    @property
    def is_repeated(self) -> bool:
        """Whether the user makes calls many times."""
        return self.exchanges[0].times is not None

    @property
    def conclusion(self) -> str:
        """The kind of the conclusion, such as `token` or `rejected`."""
        return next(iter(self.conclude))

    @property
    def details(self) -> dict[str, Any]:
        """The details of the conclusion, such as the value of the token."""
        details: dict[str, Any] = self.conclude[self.conclusion]
        return details


@functools.cache
def read(file: Path) -> Any:
    """The file as JSON; a duplicate key in an object is an error."""

    def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        assert len(members) == len(pairs), f"{file.name}: one of the keys {sorted(members)} is there twice"
        return members

    return json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=without_duplicates)


def vectors() -> Iterator[Vector]:
    for file in FILES:
        document = read(file)
        for entry in document["vectors"]:
            steps = [entry, *entry.get("then", [])]
            exchanges = tuple(
                Exchange(
                    document["calls"][step["call"]],
                    step.get("reply", {}),
                    step.get("after"),
                    step.get("times"),
                )
                for step in steps
            )
            yield Vector(
                document["provider"],
                document["now"],
                entry["name"],
                exchanges,
                entry["conclude"],
                entry.get("claims"),
                entry.get("callers"),
                entry.get("meanwhile"),
            )


def operation(provider: str, request: dict[str, Any]) -> Any:
    """The operation in the description that a request is for, or None for a request to an API."""
    return load_spec(provider)["paths"].get(request.get("path"), {}).get(request["method"].lower())


def token_extension(provider: str, scheme: str) -> Any:
    """The `x-gatepass-token` of a security scheme."""
    return load_spec(provider)["components"]["securitySchemes"][scheme]["x-gatepass-token"]


def keys_of(place: str) -> list[str]:
    """The keys of a place such as `#/data/token`, outermost first."""
    return place.partition("#/")[2].split("/")

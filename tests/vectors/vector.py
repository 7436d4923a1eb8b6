"""The vectors of `specs/vectors`, as the tests read them."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..conftest import spec

SPECS = Path(__file__).parents[2] / "specs"
FOLDER = SPECS / "vectors"
FILES = sorted(set(FOLDER.glob("*.json")) - {FOLDER / "vectors.schema.json"})


@dataclass(frozen=True)
class Exchange:
    """A request as `calls` has it, its reply, and after how many seconds somebody asks for it."""

    call: dict[str, Any]
    reply: dict[str, Any]
    after: float | None


@dataclass(frozen=True)
class Vector:
    provider: str
    now: int
    name: str
    exchanges: tuple[Exchange, ...]
    conclude: dict[str, Any]
    claims: dict[str, Any] | None

    def __str__(self) -> str:
        return f"{self.provider}: {self.name}"

    @property
    def verdict(self) -> str:
        """The word it concludes with."""
        return next(iter(self.conclude))

    @property
    def verdict_of(self) -> dict[str, Any]:
        """What stands behind the word."""
        found: dict[str, Any] = self.conclude[self.verdict]
        return found


@functools.cache
def read(file: Path) -> Any:
    """The file as JSON; a key that stands twice in one object is a slip."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        assert len(found) == len(pairs), f"{file.name}: one of {sorted(found)} stands there twice"
        return found

    return json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=once)


def vectors() -> Iterator[Vector]:
    for file in FILES:
        document = read(file)
        for one in document["vectors"]:
            steps = [one, *one.get("then", [])]
            exchanges = tuple(
                Exchange(document["calls"][step["call"]], step["reply"], step.get("after")) for step in steps
            )
            yield Vector(
                document["provider"],
                document["now"],
                one["name"],
                exchanges,
                one["conclude"],
                one.get("claims"),
            )


def operation(provider: str, request: dict[str, Any]) -> Any:
    """The call in the description that a request is for, or None: an API."""
    return spec(provider)["paths"].get(request["path"], {}).get(request["method"].lower())


def token_of(provider: str, scheme: str) -> Any:
    """The `x-token` of a security scheme."""
    return spec(provider)["components"]["securitySchemes"][scheme]["x-token"]


def field(place: str) -> list[str]:
    """The names of a place in a body, outermost first."""
    return place.partition("#/")[2].split("/")

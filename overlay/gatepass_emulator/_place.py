"""Places in a message, written as OpenAPI runtime expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeGuard

Json = Any


def is_object(node: Json) -> TypeGuard[dict[str, Json]]:
    """Whether this is a JSON object."""
    return isinstance(node, dict)


def is_list(node: Json) -> TypeGuard[list[Json]]:
    """Whether this is a JSON list."""
    return isinstance(node, list)


EXPRESSION = re.compile(r"\$(request|response)\.(?:body#((?:/[^/]+)+)|header\.([A-Za-z0-9_-]+))")


class Missing(Enum):
    """`MISSING` says that nothing is there, which `null` does not."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True)
class Place:
    """One place; `keys` are the steps into the body, or the one name of a header in lower case."""

    part: Literal["body", "header"]
    keys: tuple[str, ...]

    @classmethod
    def parse(cls, text: object, side: Literal["request", "response"]) -> Place:
        """Read `$request.body#/a/b` or `$response.header.Name`; ValueError for anything else."""
        match = EXPRESSION.fullmatch(text) if isinstance(text, str) else None
        if match is None or match[1] != side:
            raise ValueError(f"{text!r} is not a place of the form ${side}.body#/… or .header.…")
        if match[3]:
            return cls("header", (match[3].lower(),))
        return cls("body", steps(match[2]))

    def find(self, body: Json, headers: Mapping[str, str]) -> Json:
        """What stands there, or `MISSING`."""
        if self.part == "header":
            return headers.get(self.keys[0], MISSING)
        for key in self.keys:
            body = child(body, key)
        return body

    def put(self, value: Json, body: Json, headers: dict[str, str]) -> None:
        """Set what stands there; `"remove"` takes it away; a missing parent is made."""
        if self.part == "body":
            put(body, self.keys, value)
        elif value == "remove":
            headers.pop(self.keys[0], None)
        else:
            headers[self.keys[0]] = str(value)


def steps(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON pointer."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.removeprefix("/").split("/"))


def child(node: Json, key: str) -> Json:
    """One step into an object or a list, or `MISSING`."""
    if is_object(node):
        return node.get(key, MISSING)
    if is_list(node) and key.isdigit() and int(key) < len(node):
        return node[int(key)]
    return MISSING


def put(body: Json, keys: tuple[str, ...], value: Json) -> None:
    """Set the value at `keys`; `"remove"` takes it away; missing objects on the way are made."""
    for key in keys[:-1]:
        if not isinstance(child(body, key), (dict, list)):
            put(body, (key,), {})
        body = child(body, key)
    last = keys[-1]
    if is_list(body):
        body[int(last) : int(last) + 1] = [] if value == "remove" else [value]
    elif value == "remove":
        body.pop(last, None)
    else:
        body[last] = value

"""Places in requests and responses: OpenAPI runtime expressions such as `$response.body#/data/token`."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from gatepass._paths import JsonPaths, get_path

__all__ = ["JsonPath", "JsonPaths", "Place", "get_path", "places", "pointer_keys", "split_place"]

JsonPath = tuple[str, ...]
"""Keys into a message `{"header": {...}, "body": ...}`; the names of headers are lower case."""
EXPRESSION = re.compile(r"\$(request|response)\.(?:body#((?:/[^/]+)+)|header\.([A-Za-z0-9_-]+))")


class Place(NamedTuple):
    """A runtime expression in its parts."""

    side: str
    """`request` or `response`."""
    part: str
    """`body` or `header`."""
    keys: JsonPath
    """The keys into the body, or the name of the header as it is written."""

    @property
    def path(self) -> JsonPath:
        """The path of the value in a message."""
        keys = (self.keys[0].lower(),) if self.part == "header" else self.keys
        return (self.part, *keys)


def split_place(place: str) -> Place:
    """`$response.body#/data/token` as ("response", "body", ("data", "token")); LookupError if malformed."""
    match = EXPRESSION.fullmatch(place)
    if match is None:
        raise LookupError(place)
    side, pointer, header = match.groups()
    return Place(side, "header", (header,)) if header else Place(side, "body", pointer_keys(pointer))


def places(value: str | Iterable[str]) -> list[str]:
    """One place, or the alternative places of one value, as a list."""
    return [value] if isinstance(value, str) else list(value)


def pointer_keys(pointer: str) -> JsonPath:
    """The keys of a JSON pointer."""
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in pointer.removeprefix("/").split("/"))

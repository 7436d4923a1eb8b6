"""Places in requests and responses: runtime expressions such as `$response.body#/data/token`.

They are those of OpenAPI, and three of our own: `$request.basic.username` and `$request.basic.password` for
HTTP Basic, `$response.cookie.NAME` for a cookie that a response sets.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from gatepass._paths import JsonPaths, get_path

__all__ = ["JsonPath", "JsonPaths", "Place", "get_path", "places", "pointer_keys", "split_place"]

JsonPath = tuple[str, ...]
"""Keys into a message such as `{"header": {...}, "body": ...}`; the names of headers are lower case."""
BODY = re.compile(r"\$(request|response)\.(body)(?:#((?:/[^/]+)+))?")
NAMED = re.compile(r"\$(request|response)\.([a-z]+)\.([^\s#/]+)")
PARTS = {
    "request": {"body", "header", "query", "path", "basic"},
    "response": {"body", "header", "cookie"},
}
BASIC = ("username", "password")


class Place(NamedTuple):
    """A runtime expression in its parts."""

    side: str
    """`request` or `response`."""
    part: str
    """`body`, `header`, `query`, `path`, `basic` or `cookie`."""
    keys: JsonPath
    """The keys into the body, none for all of it; or the name of the header, parameter or cookie."""

    @property
    def path(self) -> JsonPath:
        """The path of the value in a message."""
        keys = (self.keys[0].lower(),) if self.part == "header" else self.keys
        return (self.part, *keys)


def split_place(place: str) -> Place:
    """`$response.body#/data/token` as ("response", "body", ("data", "token")); LookupError if malformed."""
    match = BODY.fullmatch(place)
    if match is not None:
        side, part, pointer = match.groups()
        if pointer is None and side == "request":
            raise LookupError(place)
        return Place(side, part, pointer_keys(pointer) if pointer else ())
    match = NAMED.fullmatch(place)
    if match is None or match[2] not in PARTS[match[1]] or (match[2] == "basic" and match[3] not in BASIC):
        raise LookupError(place)
    return Place(match[1], match[2], (match[3],))


def places(value: str | Iterable[str]) -> list[str]:
    """One place, or several places of one value, as a list."""
    return [value] if isinstance(value, str) else list(value)


def pointer_keys(pointer: str) -> JsonPath:
    """The keys of a JSON pointer."""
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in pointer.removeprefix("/").split("/"))

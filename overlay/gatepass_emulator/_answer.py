"""A reply before it goes out, and what the log may know about it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from ._calls import Kind
from ._operation import Example
from ._place import Json


@dataclass(frozen=True)
class Answer:
    """A reply; `credentials` are masked and `token` is a fingerprint already."""

    status: int
    body: Json = field(repr=False)
    media: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    kind: Kind = "other"
    credentials: str = ""
    token: str = ""


def example(found: Example, kind: Kind, credentials: str = "", name: str | None = None) -> Answer:
    """A reply as the spec shows it; if it shows several, the first or the one of that name."""
    body = copy.deepcopy(found.named.get(name, found.body) if name else found.body)
    return Answer(found.status, body, found.media, dict(found.headers), kind, credentials)

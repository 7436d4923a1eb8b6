"""The shape of what a spec says about a token beyond its call; a module for each provider fills it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Ways = tuple[tuple[str, ...], ...]
"""Where something is in a reply; of several spellings the first that is there counts."""


@dataclass(frozen=True, kw_only=True)
class TokenFacts:
    """What `x-token` and `servers` of a spec say about one kind of token."""

    provider: str
    scheme: str
    """The security scheme that the token serves."""
    servers: Mapping[str, str | None]
    """Environment to base URL; None where only the user knows the host."""
    path: str
    """Of the token call, below the base URL."""
    credentials: tuple[str, ...]
    """The names users know them by."""
    secrets: frozenset[str]
    """Which of the credentials nobody may see."""
    headers: frozenset[str]
    """Which of the credentials travel in a header, so that they must be ASCII."""
    constants: Mapping[str, str]
    """What the call says besides the credentials: field to text."""
    jwt: bool
    """Whether the token is a JWT; what is none must not be looked into."""
    default_lifetime: int
    """Seconds."""
    refused: frozenset[int]
    """Statuses of the token call that mean: wrong credentials."""
    limited: frozenset[int]
    """Statuses of the token call that mean: too many tokens."""
    stale_on: frozenset[int]
    """Statuses by which an API says that the token is dead."""
    success: Ways
    """Where a 200 says whether it is one."""
    error_code: Ways
    error_trace: Ways
    quota: tuple[int, int] | None
    """Tokens in a window of seconds."""
    prefix: Mapping[str, str]
    """Environment to how its tokens begin."""
    instead: Mapping[str, str]
    """Credential to the header in which an API takes it instead of the token."""


def find(document: Any, ways: Ways) -> Any:
    """The value at the first of the ways that leads anywhere in a JSON document, else None."""
    for way in ways:
        node = document
        for part in way:
            if isinstance(node, list) and part.isdigit() and int(part) < len(node):
                node = node[int(part)]
            elif isinstance(node, dict) and part in node:
                node = node[part]
            else:
                break
        else:
            return node
    return None

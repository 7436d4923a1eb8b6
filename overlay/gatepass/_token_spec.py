"""The type of the constants that are generated for each kind of token."""

from collections.abc import Mapping
from typing import NamedTuple

from ._paths import JsonPaths


class TokenSpec(NamedTuple):
    """What the spec of a provider states about one kind of token, besides its requests and responses."""

    provider: str
    scheme: str
    """The name of the security scheme that the token serves."""
    servers: Mapping[str, str | None]
    """Environment to base URL; None where only the user knows the host."""
    path: str
    """Path of the token request below the base URL."""
    credentials: tuple[str, ...]
    """The names of the credentials, as users know them."""
    secrets: frozenset[str]
    """The credentials that are secret."""
    jwt: bool
    """Whether the token is a JWT; any other token is not looked into."""
    default_lifetime: int
    """Seconds."""
    rejected: frozenset[int]
    """Statuses of the token request that mean: wrong credentials."""
    unauthorized: frozenset[int]
    """Statuses by which an API rejects the token."""
    rate_limited: frozenset[int] = frozenset()
    """Statuses of the token request that mean: too many tokens."""
    headers: frozenset[str] = frozenset()
    """The credentials and options that are sent in a header, and so must be ASCII."""
    success: JsonPaths = ()
    """Where a response with status 200 states whether it is a success."""
    error_code: JsonPaths = ()
    error_trace: JsonPaths = ()
    quota: tuple[int, int] | None = None
    """Number of tokens, and the seconds in which the provider grants them."""
    prefix: Mapping[str, str] = {}
    """Environment to the beginning of its tokens."""
    api: tuple[str, str, str] = ("header", "Authorization", "Bearer ")
    """Where APIs take the token: `header`, `query` or `cookie`, the name, and what precedes the token."""
    also_send: Mapping[str, str] = {}
    """Credential to the header in which APIs want it beside the token."""
    alternative_headers: Mapping[str, str] = {}
    """Credential to the header in which APIs take it instead of the token."""

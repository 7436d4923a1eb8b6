"""The type of the constants that are generated for each kind of token."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from ._paths import JsonPaths


class WrongToken(NamedTuple):
    """How an API says that it takes the tokens of other providers."""

    status: int
    at: JsonPaths
    values: frozenset[str]
    use: tuple[str, ...]
    """The providers whose tokens it takes."""


class TokenSpec(NamedTuple):
    """What the spec of a provider states about one kind of token, besides its requests and responses."""

    client: str
    """The package of the typed client."""
    hosts: Mapping[str, frozenset[tuple[str, str]]]
    """Host to the providers and environments that it belongs to."""
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
    default_lifetime: int | None
    """Seconds; None if a token is valid until an API rejects it."""
    rejected: frozenset[int]
    """Statuses of the token request that mean: wrong credentials."""
    unauthorized: frozenset[int]
    """Statuses by which an API rejects the token."""
    rate_limited: frozenset[int] = frozenset()
    """Statuses of the token request that mean: too many tokens."""
    keys: frozenset[str] = frozenset()
    """The credentials that are private keys, of several lines."""
    headers: frozenset[str] = frozenset()
    """The credentials and options that are sent in a header, and so must be ASCII."""
    statuses: frozenset[int] = frozenset({200})
    """Statuses of a response with a token."""
    expires_in_unit: float | None = None
    """The unit of a declared lifetime in seconds; None for seconds or milliseconds, by magnitude."""
    success: JsonPaths = ()
    """Where a response with such a status states whether it is a success: by a flag,"""
    success_values: frozenset[str] = frozenset()
    """or by one of these values."""
    failure: JsonPaths = ()
    """Where it has one of the following values, or any at all if there are none, only after a failure."""
    failure_values: frozenset[str] = frozenset()
    is_json: bool = True
    """Whether the response with a token is a JSON object."""
    error_code: JsonPaths = ()
    error_trace: JsonPaths = ()
    unauthorized_if: Mapping[int, tuple[JsonPaths, frozenset[str]]] = {}
    """Statuses by which an API rejects the token if its response has one of these values, or any."""
    wrong_token: WrongToken | None = None
    """How an API says that it takes the tokens of other providers, so that another token does not help."""
    probe: Mapping[str, str] = {}
    """Environment to the URL of a harmless GET that takes the token; see `probe_url`."""
    host_bound: bool = False
    """Whether a token works only from the host that requested it."""
    margin: int | None = None
    """Seconds before its end in which a token is not served; None for the usual margin."""
    renews_within: int | None = None
    """Seconds before its end, until which the provider issues the same token again."""
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
    responses: Mapping[tuple[str, ...], Mapping[str, str]] = {}
    """Statuses of the token request to the JSON types of the fields by path: `integer`, `string|null`, `any`.

    A `?` at the end: the field may be absent. `*` in a path stands for any element or name.
    """

    def probe_url(self, environment: str, base_url: str) -> str | None:
        """The URL of a harmless GET that takes the token, if the provider documents one.

        With another base URL, such as that of the emulator, its path is below that.
        """
        url = self.probe.get(environment)
        if url is None or base_url == self.servers[environment]:
            return url
        return base_url + urlsplit(url).path

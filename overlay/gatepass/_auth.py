"""Authorization of API requests: a token from the cache, and one repetition with a new token after a 401.

All HTTP clients share this flow. Each has a module with its `HttpClient`, which runs the steps.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ._api_request import AUTHORIZATION, HttpClient, put_token
from ._classify import has_value, parse_json
from ._errors import ConfigError
from ._flight import Steps
from ._hosts import ApiHosts, class_names
from ._paths import JsonPaths
from ._token import Token
from ._token_spec import WrongToken

if TYPE_CHECKING:
    from ._cache import TokenCache

Request = TypeVar("Request")
Response = TypeVar("Response")
AuthFlow = Generator[Any, Any, None]
"""Yields flights to wait for, the request when it is to be sent, and responses to read the bodies of."""


class TokenAuth:
    """Authorizes requests with the token of a cache, to its own API hosts only."""

    _cache: TokenCache
    _hosts: ApiHosts
    _now: Callable[[], float]
    """The monotonic clock of the cache."""
    _unauthorized: frozenset[int]
    """Statuses by which an API says that the token is rejected, or some of them only with a certain body."""
    _unauthorized_if: Mapping[int, tuple[JsonPaths, frozenset[str]]] = {}
    _wrong_token: WrongToken | None = None
    """How an API says that it takes the tokens of other providers."""
    _api: tuple[str, str, str] = AUTHORIZATION
    """Where APIs take the token, as in `TokenSpec`."""
    _is_plain: bool = True
    """Whether requests need a bearer token in the header Authorization and nothing else."""
    _needs_only_token: bool = True
    """Whether a request can be authorized as soon as there is a token."""
    _kept_headers: tuple[str, ...] = ()
    """The headers with secrets that clients do not remove when they are redirected to another host."""

    @overload
    def __call__(self, request: Request) -> Request: ...
    @overload
    def __call__(
        self, request: Request, handler: Callable[[Request], Awaitable[Response]]
    ) -> Awaitable[Response]: ...
    def __call__(self, request: Any, handler: Callable[[Any], Awaitable[Any]] | None = None) -> Any:
        """Authorize a request of requests; or be a middleware of aiohttp, which passes its handler too."""
        if handler is None:
            return _module("_requests").authorize(self, request)
        return _module("_aiohttp").send(self, request, handler)

    def _authorize_from_cache(self, request: Any, client: HttpClient) -> Token | None:
        """Authorize the request with the cached token; None if it is not fresh."""
        cached = self._cache.cached
        if cached is None or self._now() >= cached.refresh_at or not self._needs_only_token:
            return None
        self._authorize(request, cached.token, client)
        return cached.token

    def _authorize(self, request: Any, token: Token, client: HttpClient) -> None:
        origin = client.origin(request)
        if origin not in self._hosts.usual:
            self._hosts.check(*origin)
        if self._is_plain:
            request.headers["Authorization"] = "Bearer " + token.value
        else:
            put_token(request, token, self._api, client)
            self._put_credentials(request)

    def _put_credentials(self, request: Any) -> None:
        """Set the headers in which APIs want credentials beside the token."""

    def _prepare(self, request: Any, client: HttpClient) -> Steps[Token | None]:
        """Authorize a request for which the cache had no fresh token; returns its token, if it has any."""
        self._hosts.check(*client.origin(request))  # before a token is fetched for nothing
        token = yield from self._cache.get()
        self._authorize(request, token, client)
        return token

    def _flow(self, request: Any, client: HttpClient) -> AuthFlow:
        """Send a request for which the cache had no fresh token."""
        token = yield from self._prepare(request, client)
        response = yield request
        if token is not None and client.status(response) in self._unauthorized:
            yield from self._retry_with_new_token(request, token, response, client)

    def _retry_with_new_token(
        self, request: Any, rejected: Token, response: Any, client: HttpClient
    ) -> AuthFlow:
        """Send the request again with another token, if that may help and its body can be sent again."""
        part, name, prefix = self._api
        if part == "header" and client.sent_headers(response).get(name) != prefix + rejected.value:
            return  # redirected to another host, which had no token
        yield from self._check_issuer(request, response, client)
        if not client.can_repeat(request) or not (yield from self._is_rejected(response, client)):
            return
        token = yield from self._cache.replace_rejected(rejected)
        if token is None:
            return
        self._authorize(request, token, client)
        response = yield request
        is_rejected = yield from self._is_rejected(response, client)
        self._cache.record_api_response(token, rejected=is_rejected)

    def _check_issuer(self, request: Any, response: Any, client: HttpClient) -> Generator[Any, None, None]:
        """Raise ConfigError if an API says that it takes only the tokens of other providers."""
        wrong, status = self._wrong_token, client.status(response)
        if wrong is None or status != wrong.status:
            return
        yield response
        if has_value(parse_json(client.body(response)), wrong.at, wrong.values):
            owner, host = " ".join(self._hosts.owner), client.origin(request)[1].decode()
            advice = f"use {class_names(wrong.use)} for it"
            raise ConfigError(f"{owner}: {host} does not take the token of this login ({status}); {advice}")

    def _is_rejected(self, response: Any, client: HttpClient) -> Generator[Any, None, bool]:
        """Whether an API rejected the token; reads the body of the response if that decides."""
        status = client.status(response)
        if status not in self._unauthorized_if:
            return status in self._unauthorized
        yield response
        return has_value(parse_json(client.body(response)), *self._unauthorized_if[status])


@functools.cache
def _module(name: str) -> Any:
    """The module of an HTTP client; an `import` in each request would take longer than all the rest."""
    return importlib.import_module(f"gatepass.{name}")

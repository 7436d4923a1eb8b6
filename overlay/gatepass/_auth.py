"""Authorization of API requests: a token from the cache, and one repetition with a new token after a 401."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Any

import httpx

from ._api_request import put_token
from ._cache import TokenCache
from ._classify import has_value, parse_json
from ._flight import Flight
from ._hosts import ApiHosts
from ._paths import JsonPaths
from ._token import Token

AuthFlow = Generator[httpx.Request | httpx.Response | Flight[Any], Any, None]
"""Yields requests to send, responses to read and flights to wait for, for sync and async clients to run."""


class TokenAuth(httpx.Auth):
    """An `httpx.Auth` that sends the token of a cache as a bearer token, to its own API hosts only."""

    _cache: TokenCache
    _hosts: ApiHosts
    _now: Callable[[], float]
    """The monotonic clock of the cache."""
    _unauthorized: frozenset[int]
    """Statuses by which an API says that the token is rejected, or some of them only with a certain body."""
    _unauthorized_if: Mapping[int, tuple[JsonPaths, frozenset[str]]] = {}
    _api: tuple[str, str, str] | None = None
    """Where APIs take the token; None for a bearer token in the header Authorization and nothing else."""

    def _authorize_from_cache(self, request: httpx.Request, *, is_async: bool) -> Token | None:
        """Authorize the request with the cached token; None if it is not fresh."""
        if self._api is not None:  # httpx sends any header but Authorization to the target of a redirect
            self._hosts.follow(request, is_async=is_async)
        cached = self._cache.cached
        if cached is None or self._now() >= cached.refresh_at:
            return None
        self._authorize(request, cached.token)
        return cached.token

    def _authorize(self, request: httpx.Request, token: Token) -> None:
        url = request.url
        if (url.scheme, url.raw_host) not in self._hosts.usual:
            self._hosts.check(url)
        if self._api is None:
            request.headers["Authorization"] = "Bearer " + token.value
        else:
            put_token(request, token, self._api)
            self._put_credentials(request)

    def _put_credentials(self, request: httpx.Request) -> None:
        """Set the headers in which APIs want credentials beside the token."""

    def _flow(self, request: httpx.Request) -> AuthFlow:
        """Send a request for which the cache had no fresh token."""
        self._hosts.check(request.url)  # before a token is fetched for nothing
        token = yield from self._cache.get()
        self._authorize(request, token)
        response: httpx.Response = yield request
        if response.status_code in self._unauthorized:
            yield from self._retry_with_new_token(request, token, response)

    def _is_rejected(self, response: httpx.Response) -> Generator[httpx.Response, None, bool]:
        """Whether an API rejected the token; reads the body of the response if that decides."""
        if response.status_code not in self._unauthorized_if:
            return response.status_code in self._unauthorized
        yield response
        return has_value(parse_json(response.content), *self._unauthorized_if[response.status_code])

    def _retry_with_new_token(
        self, request: httpx.Request, rejected: Token, response: httpx.Response
    ) -> AuthFlow:
        """Send the request again with another token, if that may help and its body can be sent again."""
        if not isinstance(request.stream, httpx.ByteStream) or not (yield from self._is_rejected(response)):
            return
        token = yield from self._cache.replace_rejected(rejected)
        if token is None:
            return
        self._authorize(request, token)
        response = yield request
        is_rejected = yield from self._is_rejected(response)
        self._cache.record_api_response(token, rejected=is_rejected)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._authorize_from_cache(request, is_async=False)
        if token is not None:  # nearly always; another generator would take as long as all the rest
            response = yield request
            if response.status_code not in self._unauthorized:
                return
            flow = self._retry_with_new_token(request, token, response)
        else:
            flow = self._flow(request)
        result: httpx.Response | None = None
        while True:
            try:
                step = flow.send(result)
            except StopIteration:
                return
            if isinstance(step, Flight):
                step.wait()
            elif isinstance(step, httpx.Response):
                step.read()
            else:
                result = yield step

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = self._authorize_from_cache(request, is_async=True)
        if token is not None:
            response = yield request
            if response.status_code not in self._unauthorized:
                return
            flow = self._retry_with_new_token(request, token, response)
        else:
            flow = self._flow(request)
        result: httpx.Response | None = None
        while True:
            try:
                step = flow.send(result)
            except StopIteration:
                return
            if isinstance(step, Flight):
                await step.wait_async()
            elif isinstance(step, httpx.Response):
                await step.aread()
            else:
                result = yield step

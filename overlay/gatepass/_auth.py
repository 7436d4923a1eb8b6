"""Authorization of API requests: a token from the cache, and one repetition with a new token after a 401."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import httpx

from ._cache import TokenCache
from ._flight import Flight
from ._hosts import ApiHosts
from ._token import Token

AuthFlow = Generator[httpx.Request | Flight[Any], Any, None]
"""Yields the requests to send and the flights to wait for, so that sync and async clients can run it."""


class TokenAuth(httpx.Auth):
    """An `httpx.Auth` that sends the token of a cache as a bearer token, to its own API hosts only."""

    _cache: TokenCache
    _hosts: ApiHosts
    _now: Callable[[], float]
    """The monotonic clock of the cache."""
    _unauthorized: frozenset[int]
    """Statuses by which an API says that the token is rejected."""

    def _authorize_from_cache(self, request: httpx.Request, *, is_async: bool) -> Token | None:
        """Authorize the request with the cached token; None if it is not fresh."""
        cached = self._cache.cached
        if cached is None or self._now() >= cached.refresh_at:
            return None
        self._authorize(request, cached.token)
        return cached.token

    def _authorize(self, request: httpx.Request, token: Token) -> None:
        url = request.url
        if (url.scheme, url.raw_host) not in self._hosts.usual:
            self._hosts.check(url)
        request.headers["Authorization"] = "Bearer " + token.value

    def _flow(self, request: httpx.Request) -> AuthFlow:
        """Send a request for which the cache had no fresh token."""
        self._hosts.check(request.url)  # before a token is fetched for nothing
        token = yield from self._cache.get()
        self._authorize(request, token)
        response: httpx.Response = yield request
        if response.status_code in self._unauthorized:
            yield from self._retry_with_new_token(request, token)

    def _retry_with_new_token(self, request: httpx.Request, rejected: Token) -> AuthFlow:
        """Send the request again with another token, if that may help and its body can be sent again."""
        if not isinstance(request.stream, httpx.ByteStream):
            return
        token = yield from self._cache.replace_rejected(rejected)
        if token is None:
            return
        self._authorize(request, token)
        response: httpx.Response = yield request
        self._cache.record_api_response(token, rejected=response.status_code in self._unauthorized)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._authorize_from_cache(request, is_async=False)
        if token is not None:  # nearly always; another generator would take as long as all the rest
            response = yield request
            if response.status_code not in self._unauthorized:
                return
        flow, result = self._retry_with_new_token(request, token) if token else self._flow(request), None
        while True:
            try:
                step = flow.send(result)
            except StopIteration:
                return
            result = step.wait() if isinstance(step, Flight) else (yield step)  # type: ignore[func-returns-value]

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = self._authorize_from_cache(request, is_async=True)
        if token is not None:
            response = yield request
            if response.status_code not in self._unauthorized:
                return
        flow, result = self._retry_with_new_token(request, token) if token else self._flow(request), None
        while True:
            try:
                step = flow.send(result)
            except StopIteration:
                return
            result = await step.wait_async() if isinstance(step, Flight) else (yield step)  # type: ignore[func-returns-value]

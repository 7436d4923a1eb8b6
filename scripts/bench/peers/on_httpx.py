"""A contender whose requests go through httpx."""

import functools
from collections.abc import Callable, Generator

import httpx

from . import BEARER, Place


class Header(httpx.Auth):
    """Sets the result of a function as the bearer token of each request."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = "Bearer " + self._token()
        yield request


class Constant(httpx.Auth):
    """The floor: a constant header, built beforehand."""

    def __init__(self) -> None:
        self._header = BEARER

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def transport(canned: bool) -> httpx.MockTransport | None:
    """A transport; None for the default of httpx."""
    return httpx.MockTransport(lambda _request: httpx.Response(200)) if canned else None


TLS = httpx.create_ssl_context()
"""Created once, before processes are forked: it takes longer than everything that is measured."""


@functools.cache
def client(canned: bool) -> httpx.Client:
    """The client of the process, as the documentation recommends."""
    return httpx.Client(transport=transport(canned), verify=TLS, timeout=60)


class OnHttpx:
    """One `httpx.Client` for all threads, or one `httpx.AsyncClient` for the loop, and an auth."""

    auth: httpx.Auth

    def __init__(self, place: Place) -> None:
        self.place = place
        self.constant = Constant()
        if place.asyncio:
            self._async_client = httpx.AsyncClient(transport=transport(place.canned), verify=TLS, timeout=60)
        else:
            self._client = client(place.canned)

    def get(self) -> int:
        return self._client.get(self.place.api, auth=self.auth).status_code

    def plain(self) -> int:
        return self._client.get(self.place.api, auth=self.constant).status_code

    async def aget(self) -> int:
        return (await self._async_client.get(self.place.api, auth=self.auth)).status_code

    async def aplain(self) -> int:
        return (await self._async_client.get(self.place.api, auth=self.constant)).status_code

"""A contender whose requests go through httpx."""

import functools
from collections.abc import Callable, Generator
from typing import Any

import httpx

from . import BEARER, Place


class Header(httpx.Auth):
    """Sets the result of a function as the bearer token of each request."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = "Bearer " + self._token()
        yield request


def constant(library: Any) -> Any:
    """The floor: a constant header, built beforehand."""

    class Constant(library.Auth):  # type: ignore[misc]
        def __init__(self) -> None:
            self._header = BEARER

        def auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            request.headers["Authorization"] = self._header
            yield request

    return Constant()


def transport(library: Any, canned: bool) -> Any:
    """A transport; None for the default of httpx."""
    return library.MockTransport(lambda _request: library.Response(200)) if canned else None


TLS = httpx.create_ssl_context()
"""Created once, before processes are forked: it takes longer than everything that is measured."""


@functools.cache
def client(library: Any, canned: bool) -> Any:
    """The client of the process, as the documentation recommends."""
    return library.Client(transport=transport(library, canned), verify=TLS, timeout=60)


class OnHttpx:
    """One `httpx.Client` for all threads, or one `httpx.AsyncClient` for the loop, and an auth."""

    auth: Any
    library: Any = httpx
    """httpx, or httpx2, which has the same interface."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.constant = constant(self.library)
        if place.asyncio:
            canned = transport(self.library, place.canned)
            self._async_client = self.library.AsyncClient(transport=canned, verify=TLS, timeout=60)
        else:
            self._client = client(self.library, place.canned)

    def get(self) -> int:
        status: int = self._client.get(self.place.api, auth=self.auth).status_code
        return status

    def plain(self) -> int:
        status: int = self._client.get(self.place.api, auth=self.constant).status_code
        return status

    async def aget(self) -> int:
        status: int = (await self._async_client.get(self.place.api, auth=self.auth)).status_code
        return status

    async def aplain(self) -> int:
        status: int = (await self._async_client.get(self.place.api, auth=self.constant)).status_code
        return status

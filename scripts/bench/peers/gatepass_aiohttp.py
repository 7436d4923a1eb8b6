"""gatepass with aiohttp."""

import types
from typing import Any

import aiohttp

from . import BEARER, Place
from .gatepass import credential


async def constant(request: aiohttp.ClientRequest, handler: Any) -> Any:
    """The floor: a constant header, built beforehand."""
    request.headers["Authorization"] = BEARER
    return await handler(request)


async def canned(_request: aiohttp.ClientRequest, _handler: Any) -> Any:
    """Responds with 200 from within the process."""
    return types.SimpleNamespace(status=200, headers={}, _raw_cookie_headers=(), connection=None, release=int)


class Contender:
    """A credential as a middleware of a session of aiohttp, which is opened in the loop."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._credential = credential(place)
        self._session: aiohttp.ClientSession | None = None

    async def _get(self, middleware: Any) -> int:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        middlewares = (middleware, canned) if self._place.canned else (middleware,)
        response = await self._session.get(self._place.api, middlewares=middlewares)
        response.release()
        return response.status

    async def aget(self) -> int:
        return await self._get(self._credential)

    async def aplain(self) -> int:
        return await self._get(constant)

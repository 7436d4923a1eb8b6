"""singleflight-auth."""

from typing import Any

import httpx
from singleflight_auth import AsyncSingleFlightAuth, SingleFlightAuth

from bench.server import CONSTANT

from . import SECRET, Place
from .on_httpx import TLS, OnHttpx


class Contender(OnHttpx):
    """Its auth, with the two functions that its documentation has: the token, and a refresh after a 401.

    It does not know when a token expires, so the first request has none, and each token serves until an API
    rejects it.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._token = CONSTANT if place.canned else ""  # an API within the process rejects nothing
        self._form = {"grant_type": "client_credentials"}
        self._basic = place.client_id, SECRET
        self.auth: Any
        if place.asyncio:
            self._async_token_client = httpx.AsyncClient(verify=TLS, timeout=60)
            self.auth = AsyncSingleFlightAuth(get_token=lambda: self._token, refresh=self._arefresh)
        else:
            self._token_client = httpx.Client(verify=TLS, timeout=60)
            self.auth = SingleFlightAuth(get_token=lambda: self._token, refresh=self._refresh)

    def _refresh(self) -> str:
        url = self.place.server + "/token"
        return self._keep(self._token_client.post(url, data=self._form, auth=self._basic))

    async def _arefresh(self) -> str:
        url = self.place.server + "/token"
        return self._keep(await self._async_token_client.post(url, data=self._form, auth=self._basic))

    def _keep(self, response: httpx.Response) -> str:
        self._token = str(response.raise_for_status().json()["access_token"])
        return self._token

"""botocore."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from botocore.credentials import RefreshableCredentials
from botocore.tokens import DeferredRefreshableToken, FrozenAuthToken

from . import SECRET, Place
from .on_httpx import TLS, Header, OnHttpx


class Contender(OnHttpx):
    """Its self-refreshing bearer token, used by an `httpx.Auth` as by its own signer.

    How early that token is refreshed (15 minutes, but once a minute at most) cannot be set. If necessary,
    the contender is `RefreshableCredentials` with `advisory_timeout=`, where one thread refreshes while
    the others continue, which comes closest to a refresh in the background among the peers.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._token_client = httpx.Client(verify=TLS, timeout=60)
        if place.skew is None:
            token = DeferredRefreshableToken("bench", self._bearer)
            self.auth = Header(lambda: str(token.get_frozen_token().token))
        else:
            keys = RefreshableCredentials.create_from_metadata(
                self._metadata(),
                refresh_using=self._metadata,
                method="bench",
                advisory_timeout=place.skew,
                mandatory_timeout=place.skew / 2,
            )
            self.auth = Header(lambda: str(keys.get_frozen_credentials().token))

    def _fetch(self) -> tuple[str, datetime]:
        form = {"grant_type": "client_credentials"}
        basic = (self.place.client_id, SECRET)
        response = self._token_client.post(self.place.server + "/token", data=form, auth=basic).json()
        return response["access_token"], datetime.now(UTC) + timedelta(seconds=response["expires_in"])

    def _bearer(self) -> Any:
        return FrozenAuthToken(*self._fetch())

    def _metadata(self) -> dict[str, str]:
        token, end = self._fetch()
        return {"access_key": "a", "secret_key": "b", "token": token, "expiry_time": end.isoformat()}

"""google-auth."""

from typing import Any

import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials

from . import BEARER, SECRET, Place
from .on_requests import Canned, OnRequests


class Contender(OnRequests):
    """User credentials with a refresh token, shared; an `AuthorizedSession` for each thread, as documented.

    Its only credentials that refresh at any OAuth2 endpoint. Its support for asyncio is private.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._credentials = Credentials(
            None,
            refresh_token="fake-refresh",  # noqa: S106
            token_uri=place.server + "/token",
            client_id=place.client_id,
            client_secret=SECRET,
        )
        self._plain_session = requests.Session()
        self._plain_session.headers["Authorization"] = BEARER
        if place.canned:
            self._plain_session.mount("https://", Canned())

    def new_session(self) -> Any:
        return AuthorizedSession(self._credentials)

    def get(self) -> int:
        status: int = self.session.get(self.place.api).status_code
        return status

    def plain(self) -> int:
        status: int = self._plain_session.get(self.place.api).status_code
        return status

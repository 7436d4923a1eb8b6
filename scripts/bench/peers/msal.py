"""MSAL for Python."""

from typing import Any

import msal
import msal_extensions
import requests

from bench.server import CONSTANT

from . import SECRET, Place
from .on_requests import OnRequests

SCOPES = ["https://api.example/.default"]


class Local(requests.Session):  # type: ignore[misc, unused-ignore]
    """Sends https requests to the local server without TLS, because MSAL requires https."""

    def request(self, method: str, url: Any, *_: Any, **options: Any) -> Any:
        return super().request(method, url.replace("https://127.", "http://127.", 1), **options)


class Contender(OnRequests):
    """A `ConfidentialClientApplication` that is asked for a token before each request, as in its samples.

    For processes: the `PersistedTokenCache` of msal-extensions, unencrypted.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        cache = None
        if place.folder:
            persistence = msal_extensions.FilePersistence(str(place.folder / "msal.json"))
            cache = msal_extensions.PersistedTokenCache(persistence)
        self._app = msal.ConfidentialClientApplication(
            place.client_id,
            client_credential=SECRET,
            authority=place.server.replace("http://", "https://", 1) + "/tenant",
            http_client=Local(),
            instance_discovery=False,
            token_cache=cache,
        )

    def _get(self, token: str) -> int:
        headers = {"Authorization": "Bearer " + token}
        status: int = self.session.get(self.place.api, headers=headers).status_code
        return status

    def get(self) -> int:
        return self._get(self._app.acquire_token_for_client(scopes=SCOPES)["access_token"])

    def plain(self) -> int:
        return self._get(CONSTANT)

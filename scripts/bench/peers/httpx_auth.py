"""httpx-auth."""

from httpx_auth import JsonTokenFileCache, OAuth2, OAuth2ClientCredentials

from . import SECRET, Place
from .on_httpx import OnHttpx


class Contender(OnHttpx):
    """Its auth as `auth=` of httpx, and its `JsonTokenFileCache` for processes.

    The same object serves `AsyncClient`, whose loop it blocks while it requests a token. It creates an HTTP
    client for each token, as it does by default.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        if place.folder:
            OAuth2.token_cache = JsonTokenFileCache(place.folder / "httpx-auth.json")
        skew = {} if place.skew is None else {"early_expiry": place.skew}
        self.auth = OAuth2ClientCredentials(place.server + "/token", place.client_id, SECRET, **skew)

"""The Databricks SDK."""

from typing import Any

from databricks.sdk.oauth import ClientCredentials

from . import SECRET, Place
from .on_requests import OnRequests


class Contender(OnRequests):
    """Its `ClientCredentials`, whose token goes into each request as its own client does it."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._source = ClientCredentials(place.client_id, SECRET, place.server + "/token", use_header=True)
        self.auth = self._authorize

    def _authorize(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._source.token().access_token}"
        return request

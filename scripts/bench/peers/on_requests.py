"""A contender whose requests go through requests."""

import io
import threading
from typing import Any

import requests
import urllib3

from . import BEARER, Place


class Canned(requests.adapters.HTTPAdapter):  # type: ignore[misc, unused-ignore]
    """Responds with 200 from within the process."""

    def send(self, request: Any, *_: Any, **__: Any) -> Any:
        return self.build_response(
            request, urllib3.HTTPResponse(io.BytesIO(), status=200, preload_content=False)
        )


class Bearer(requests.auth.AuthBase):  # type: ignore[misc, unused-ignore]
    """The floor: a constant header, built beforehand."""

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = BEARER
        return request


class OnRequests:
    """A `requests.Session` for each thread, because sessions are not thread-safe; they share the auth."""

    auth: Any

    def __init__(self, place: Place) -> None:
        self.place = place
        self.constant = Bearer()
        self._local = threading.local()

    def new_session(self) -> Any:
        return requests.Session()

    @property
    def session(self) -> Any:
        """The session of this thread."""
        try:
            return self._local.session
        except AttributeError:
            session = self._local.session = self.new_session()
            if self.place.canned:
                session.mount("https://", Canned())
            return session

    def get(self) -> int:
        status: int = self.session.get(self.place.api, auth=self.auth).status_code
        return status

    def plain(self) -> int:
        status: int = self.session.get(self.place.api, auth=self.constant).status_code
        return status

"""gatepass with requests."""

from . import Place
from .gatepass import credential
from .on_requests import OnRequests


class Contender(OnRequests):
    """A credential as `auth=` of requests."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.auth = credential(place)

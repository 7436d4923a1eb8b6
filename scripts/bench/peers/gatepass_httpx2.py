"""gatepass with httpx2."""

import httpx2

from . import Place
from .gatepass import credential
from .on_httpx import OnHttpx


class Contender(OnHttpx):
    """A credential as `auth=` of httpx2."""

    library = httpx2

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.auth = credential(place)

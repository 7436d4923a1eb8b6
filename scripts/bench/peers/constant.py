"""The floor: httpx with a hand-written header that never changes."""

from . import Place
from .on_httpx import OnHttpx


class Contender(OnHttpx):
    """Adds what cannot be less; measured against itself it shows how sure the figures are."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.auth = self.constant

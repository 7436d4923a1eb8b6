"""The floor: httpx with a hand-written header that never changes."""

from . import Place
from .on_httpx import OnHttpx


class Contender(OnHttpx):
    """The minimum; measured against itself it shows the accuracy of the figures."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.auth = self.constant

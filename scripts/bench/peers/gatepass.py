"""gatepass."""

from gatepass import Setu
from gatepass.stores import FileStore

from . import HOST, SECRET, Place
from .on_httpx import OnHttpx


def credential(place: Place) -> Setu:
    """A credential as in the README; `FileStore` for processes."""
    return Setu(
        "sandbox",
        client_id=place.client_id,
        secret=SECRET,
        base_url=place.server,
        hosts=[HOST],
        store=FileStore(place.folder) if place.folder else None,
    )


class Contender(OnHttpx):
    """A credential as `auth=` of httpx."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.auth = credential(place)

"""What happened to a token, told as it happens; never a secret."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ._log import log

Kind = Literal["requested", "minted", "refused", "limited", "failed", "served_stale", "waited"]
"""A call goes out; it brought a token, or was refused, over the quota, or failed; an aged token was
handed out while its renewal is due; a caller waited for a renewal."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: `seconds` is how long the call or the waiting took, else 0.

    `status` is the provider's HTTP status where one came.
    """

    kind: Kind
    provider: str
    environment: str
    seconds: float = 0.0
    status: int | None = None


OnEvent = Callable[[Event], object]
"""Is called on the thread where it happened, so it should be quick; what it raises is logged."""


class Listener:
    """Calls `on_event`; one that breaks is a single warning and harms no token."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._broken = False

    def tell(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception as error:
            if not self._broken:
                log.warning(
                    "%s %s: on_event failed with %s", event.provider, event.environment, type(error).__name__
                )
            self._broken = True

"""Events: what happens to tokens, reported as it happens; never a secret."""

import logging
from collections.abc import Callable
from typing import Literal, NamedTuple

log = logging.getLogger("gatepass")

Kind = Literal[
    "requested", "issued", "rejected", "rate_limited", "failed", "served_stale", "waited", "response_differs"
]
"""A token request is sent; it brought a token, or was rejected, over the quota, or failed; a stale token was
served while its refresh is due; a caller waited for a refresh; for the first time in this process, a response
differs from the spec in this way."""


class Event(NamedTuple):
    """Something that happened: `seconds` is how long the request or the waiting took, else 0.

    `status` is the HTTP status of the provider's response, if there was one. `differences` says where a
    response differs from the spec, as in `200 /data/expiresIn: string instead of integer`, without a value.
    """

    kind: Kind
    provider: str
    environment: str
    seconds: float = 0.0
    status: int | None = None
    differences: tuple[str, ...] = ()


OnEvent = Callable[[Event], object]
"""Called on the thread where it happened, so it should be quick; what it raises is logged."""


def guarded(on_event: OnEvent) -> OnEvent:
    """The function, but if it fails, one warning is logged, and no token is affected."""
    has_failed = False

    def emit(event: Event) -> None:
        nonlocal has_failed
        try:
            on_event(event)
        except Exception as error:
            if not has_failed:
                where = f"{event.provider} {event.environment}"
                log.warning("%s: on_event failed with %s", where, type(error).__name__)
            has_failed = True

    return emit

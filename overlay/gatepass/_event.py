"""What happened to a token, told as it happens; never a secret."""

from collections.abc import Callable
from typing import Literal

from attrs import frozen

Kind = Literal["requested", "minted", "refused", "limited", "failed", "served_stale", "waited"]
"""A call goes out; it brought a token, or was refused, over the quota, or failed; an aged token was
handed out while its renewal is due; a caller waited for a renewal."""


@frozen
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

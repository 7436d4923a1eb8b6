"""A token with the times by which it is refreshed and dropped: in memory, and as stores keep it."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from ._token import Secret, Token

REFRESH_PART, JITTER = 0.8, 0.1
"""A refresh begins at this part of the lifetime, less a random part up to `JITTER`, drawn once per token."""
MARGIN, MARGIN_PART = 60.0, 0.1
"""A token is not served in its last seconds: these, or this part of the lifetime if that is less."""


@dataclass(frozen=True, slots=True)
class CachedToken:
    """An access token and its times: of the monotonic clock in memory, UTC epoch seconds in a store.

    From `refresh_at` it is refreshed while it is still served; from `usable_until` it is not served.
    """

    token: Token
    issued_at: float
    """Just before it was requested."""
    refresh_at: float
    usable_until: float
    refresh_token: Secret | None = None
    """Never in a store: it outlives the token, and the credentials serve as well."""

    @classmethod
    def issued(
        cls,
        token: Token,
        issued_at: float,
        lifetime: float,
        refresh_token: Secret | None = None,
        margin: float | None = None,
        renews_within: float | None = None,
    ) -> CachedToken:
        """A new token, whose `lifetime` in seconds counts from before it was requested.

        It is not served in its last `margin` seconds. Only in the last `renews_within` seconds does the
        provider issue another one.
        """
        refresh_at = issued_at + lifetime * (REFRESH_PART - JITTER * random.random())
        usual = min(MARGIN, MARGIN_PART * lifetime)
        usable_until = issued_at + lifetime - (usual if margin is None else min(margin, lifetime / 2))
        refresh_at = min(refresh_at, usable_until)
        if renews_within is not None:
            earliest = issued_at + lifetime - renews_within * (1 - JITTER * random.random())
            refresh_at = min(max(refresh_at, earliest), usable_until)
        return cls(token, issued_at, refresh_at, usable_until, refresh_token)

    def shifted(self, seconds: float) -> CachedToken:
        """The same token on a clock that is so many seconds ahead; without the refresh token."""
        return CachedToken(
            self.token, self.issued_at + seconds, self.refresh_at + seconds, self.usable_until + seconds
        )

    @property
    def fingerprint(self) -> str:
        """Tells one token from another without revealing it."""
        return fingerprint(self.token)


def fingerprint(token: Token) -> str:
    return hashlib.sha256(token.value.encode()).hexdigest()[:32]

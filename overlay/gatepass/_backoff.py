"""Failures that are remembered, so that a provider is not asked again at once."""

from __future__ import annotations

from dataclasses import dataclass

from ._clock import Clock
from ._errors import RateLimited, Rejected, TokenError, Unavailable
from ._token import Token

FAILURE_BACKOFF, UNAVAILABLE_BACKOFF = (60.0, 900.0), (1.0, 60.0)
"""First and longest seconds for which a failure is remembered; each repetition doubles them."""
RECHECK_INTERVAL = 1.0
"""Seconds between two reads of a rejected secret while a token is served; else each call reads it."""


@dataclass(slots=True, repr=False, eq=False)
class Failure:
    """A failed refresh, shared by all callers: no request is sent before `until`, on the monotonic clock."""

    error: TokenError
    secrets_key: str | None
    """With which secrets it failed; None where they were not read."""
    seconds: float
    """The back-off, before a `Retry-After`."""
    until: float
    recheck_at: float | None
    """When the secrets may be read again although a token is served; None where that would not help."""

    def blocks(self, now: float, rejected: Token | None, valid: Token | None) -> bool:
        """Whether no refresh is due: not even to see whether the secrets have changed."""
        if now >= self.until or self._leaves_reserve(rejected):
            return False
        return self.recheck_at is None or (valid is not None and now < self.recheck_at)

    def is_of(self, secrets_key: str, now: float, rejected: Token | None) -> bool:
        """Whether these very secrets failed and may not be tried again yet; they were read just now."""
        if self.secrets_key != secrets_key or now >= self.until or self._leaves_reserve(rejected):
            return False
        self.recheck_at = now + RECHECK_INTERVAL
        return True

    def _leaves_reserve(self, rejected: Token | None) -> bool:
        """Whether our own quota said no: it keeps a reserve for tokens that an API rejected."""
        return rejected is not None and isinstance(self.error, RateLimited) and self.error.status is None


def next_failure(
    previous: Failure | None,
    error: TokenError,
    secrets_key: str | None,
    clock: Clock,
    is_shared: bool,
    secret_may_change: bool,
) -> Failure:
    """Remember an error, for longer each time, and date it with the end of the back-off.

    A `Retry-After` counts within bounds. What another process shared, or our own quota decided, is dated
    already.
    """
    now, epoch = clock.monotonic(), clock.time()
    first, longest = UNAVAILABLE_BACKOFF if isinstance(error, Unavailable) else FAILURE_BACKOFF
    is_repeated = previous is not None and previous.secrets_key == secrets_key
    seconds = min(2 * previous.seconds, longest) if previous is not None and is_repeated else first
    wait = seconds if error.retry_at is None else max(error.retry_at - epoch, 0.0)
    if error.status is not None and not is_shared:
        wait = max(wait, seconds)
        wait = wait if isinstance(error, RateLimited) else min(wait, longest)
    is_due = secret_may_change and secrets_key is not None and isinstance(error, Rejected)
    recheck_at = now + RECHECK_INTERVAL if is_due else None
    return Failure(error.copied(retry_at=epoch + wait), secrets_key, seconds, now + wait, recheck_at)


class RejectionBackoff:
    """When APIs reject a new token as well, it is not about the token: no other is fetched for a while."""

    __slots__ = ("_new_until", "_replacement", "_seconds", "_until")

    def __init__(self) -> None:
        self._until = self._seconds = self._new_until = 0.0
        self._replacement = ""

    def replaced(self, replacement: Token, now: float) -> None:
        """A token was fetched in place of a rejected one."""
        self._replacement, self._new_until = replacement.value, now + FAILURE_BACKOFF[0]

    def record(self, token: Token, now: float, *, rejected: bool) -> bool:
        """Record the response of an API to a token; returns whether no other token is fetched now."""
        if not rejected:
            self._seconds, self._replacement, self._new_until = 0.0, "", 0.0
        elif token.value == self._replacement and now < self._new_until and now >= self._until:
            first, longest = FAILURE_BACKOFF
            self._seconds = min(max(2 * self._seconds, first), longest)
            self._until = now + self._seconds
        return now < self._until

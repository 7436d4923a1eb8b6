"""The state of a credential, for health checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ._errors import TokenError

if TYPE_CHECKING:
    from ._cache import TokenCache

State = Literal["empty", "fresh", "stale", "expired", "rejected"]


class Status(NamedTuple):
    """The state of a credential, for a health check.

    `state`: "empty" before the first token, "fresh", "stale" (served while it is refreshed), "expired",
    or "rejected" where there is no token and no request is sent until `error.retry_at`. `error` is the last
    failure since the last token; `quota_left` is how many tokens may be requested (None: no quota is known,
    or it is counted in Redis).
    """

    state: State
    seconds_left: float
    error: TokenError | None
    quota_left: int | None


def status_of(cache: TokenCache) -> Status:
    """The state of a cache, without any I/O but what a file store needs to count a quota."""
    now, cached, failure = cache.clock.monotonic(), cache.cached, cache.failure
    left = cached.usable_until - now if cached is not None else 0.0
    state: State = "empty" if cached is None else "expired"
    if cached is not None and left > 0:
        state = "fresh" if now < cached.refresh_at else "stale"
    elif failure is not None and now < failure.until:
        state = "rejected"
    if cache.store is not None:
        quota_left = cache.store.quota_left()
    else:
        window = cache.settings.window
        quota_left = None if window is None else window.remaining(now)
    error = None if failure is None else failure.error.copied()
    return Status(state, max(left, 0.0), error, quota_left)

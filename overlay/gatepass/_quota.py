"""A provider's quota: so many tokens in so many seconds, counted before the provider counts them."""

import itertools
import threading
import weakref
from collections.abc import Iterable, Sequence

from ._fork import register_fork_reset

Quota = tuple[int, int]
"""Tokens, and the seconds in which the provider grants them."""
RESERVE = 2
"""Tokens that ordinary refreshes leave, for the case that an API rejects the token."""
SHARE = 6
"""While a store that shares a quota is down, each process may use the quota divided by this."""
CLOCK_SLACK = 60
"""Seconds that a stored time may lie ahead; one further ahead is of a clock that was set back."""


def ordinary(quota: Quota) -> Quota:
    """What ordinary refreshes may use; a small quota has a smaller reserve, or none."""
    tokens, seconds = quota
    return tokens - min(RESERVE, (tokens - 1) // 2), seconds


def reduced(quota: Quota) -> Quota:
    """What may be used without the store in which the quota is counted."""
    return max(quota[0] // SHARE, 1), quota[1]


def in_window(times: Iterable[float], quota: Quota, now: float) -> list[float]:
    """The token requests that still count, oldest first."""
    return sorted(time for time in times if now - quota[1] < time <= now + CLOCK_SLACK)


def free_at(times: Sequence[float], quota: Quota) -> float | None:
    """When there is room for another token request; None if there is room now."""
    tokens, seconds = quota
    return None if len(times) < tokens else times[len(times) - tokens] + seconds


class SlidingWindow:
    """The token requests of one account within the provider's window, on the monotonic clock.

    A request is entered before it is sent, because the outcome of one that breaks is not known.
    """

    __slots__ = ("__weakref__", "_lock", "_quota", "_times")

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._times: list[float] = []
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        self._lock = threading.Lock()

    def remaining(self, now: float) -> int:
        """How many tokens may be requested now, the reserve included."""
        with self._lock:
            self._times = in_window(self._times, self._quota, now)
            return self._quota[0] - len(self._times)

    def acquire(self, now: float, *, use_reserve: bool) -> float | None:
        """Enter a request; if there is no room for it, return when there will be instead."""
        with self._lock:
            self._times = in_window(self._times, self._quota, now)
            when = free_at(self._times, self._quota if use_reserve else ordinary(self._quota))
            if when is None:
                self._times.append(now)
        if when is None:
            WINDOWS.keep(self, now, now + self._quota[1])
        return when

    def release(self, entered_at: float) -> None:
        """Remove a request that was never sent."""
        with self._lock:
            self._times.remove(entered_at)


class Windows:
    """The window of each account in this process, however many credentials it has.

    A window is kept while a request is in it, although no credential is left, and no longer.
    """

    def __init__(self) -> None:
        self._all: weakref.WeakValueDictionary[tuple[str, bool], SlidingWindow] = (
            weakref.WeakValueDictionary()
        )
        self._in_use_until: dict[SlidingWindow, float] = {}
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        self._lock = threading.RLock()  # to free memory may run code that comes here again

    def get(self, account: str, quota: Quota, *, is_shared: bool) -> SlidingWindow:
        """The window of an account; without the store in which its quota is shared, for a part of it."""
        window = SlidingWindow(reduced(quota) if is_shared else quota)
        with self._lock:
            return self._all.setdefault((account, is_shared), window)

    def keep(self, window: SlidingWindow, now: float, until: float) -> None:
        """Keep a window; of two others, each time different ones, drop those that are over."""
        with self._lock:
            self._in_use_until[window] = max(until, self._in_use_until.get(window, 0.0))
            for other in list(itertools.islice(self._in_use_until, 2)):
                end = self._in_use_until.pop(other)
                if end > now:
                    self._in_use_until[other] = end

    def clear(self) -> None:
        """Start every quota anew."""
        with self._lock:
            self._all.clear()
            self._in_use_until.clear()

    def __len__(self) -> int:
        return len(self._all)


WINDOWS = Windows()

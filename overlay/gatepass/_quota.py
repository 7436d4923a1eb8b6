"""A provider's quota: so many tokens in so many seconds, counted before the provider counts them."""

import itertools
import threading
import weakref
from collections.abc import Hashable, Iterable, Sequence

from ._fork import reset_when_forked

Quota = tuple[int, int]
"""Tokens, and the seconds in which the provider grants them."""
RESERVE = 2
"""Tokens that ordinary renewals leave, for the case that an API refuses the token."""
SHARE = 6
"""Of a quota that is shared in a store, each host or process takes this part while the store is down."""
CLOCK_SLACK = 60
"""Seconds that a stored time may lie ahead; those beyond are of a clock that was set back."""


def ordinary(quota: Quota) -> Quota:
    """What is left for ordinary renewals; a small quota has a smaller reserve, or none."""
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


class Ledger:
    """The token requests of one account within the provider's window, on the boot clock.

    An entry is written before the request, because the outcome of one that breaks is not known.
    """

    __slots__ = ("__weakref__", "_lock", "_quota", "_times")

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._times: list[float] = []
        reset_when_forked(self)

    def reset_after_fork(self) -> None:
        self._lock = threading.Lock()

    def left(self, now: float) -> int:
        """How many may be asked for now, the reserve included."""
        with self._lock:
            self._times = in_window(self._times, self._quota, now)
            return self._quota[0] - len(self._times)

    def take(self, now: float, *, urgent: bool) -> float | None:
        """Write an entry; where only the reserve is left, when there is room again instead."""
        with self._lock:
            self._times = in_window(self._times, self._quota, now)
            when = free_at(self._times, self._quota if urgent else ordinary(self._quota))
            if when is None:
                self._times.append(now)
        if when is None:
            LEDGERS.keep(self, now, now + self._quota[1])
        return when

    def give_back(self, entry: float) -> None:
        """Take away the entry of a request that was never sent."""
        with self._lock:
            self._times.remove(entry)


class Ledgers:
    """One ledger for an account in this process, however many credentials it has.

    It stays while a request is in its window although no credential is left, and no longer.
    """

    def __init__(self) -> None:
        self._all: weakref.WeakValueDictionary[Hashable, Ledger] = weakref.WeakValueDictionary()
        self._counting: dict[Ledger, float] = {}
        reset_when_forked(self)

    def reset_after_fork(self) -> None:
        self._lock = threading.RLock()  # to free memory may run code that comes here again

    def find(self, account: Hashable, quota: Quota) -> Ledger:
        with self._lock:
            return self._all.setdefault(account, Ledger(quota))

    def keep(self, ledger: Ledger, now: float, until: float) -> None:
        """Keep this one, and look at two others, each time others, whether their window has passed."""
        with self._lock:
            self._counting[ledger] = max(until, self._counting.get(ledger, 0.0))
            for other in list(itertools.islice(self._counting, 2)):
                end = self._counting.pop(other)
                if end > now:
                    self._counting[other] = end

    def clear(self) -> None:
        """Start every quota anew."""
        with self._lock:
            self._all.clear()
            self._counting.clear()

    def __len__(self) -> int:
        return len(self._all)


LEDGERS = Ledgers()


def ledger(account: Hashable, quota: Quota | None) -> Ledger | None:
    """The ledger of an account whose provider has a quota."""
    return LEDGERS.find(account, quota) if quota else None

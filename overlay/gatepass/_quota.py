"""How many tokens an account may still ask for, counted before the provider does."""

import threading
from collections import deque
from collections.abc import Hashable

from ._fork import reset_when_forked

RESERVE = 2
"""Kept back from ordinary renewals, for a token that an API called dead."""


class Ledger:
    """The token requests of one account within the provider's window, on the boot clock.

    An entry is written before the call, for nobody knows the outcome of one that breaks.
    """

    def __init__(self, tokens: int, seconds: int) -> None:
        self._tokens = tokens
        self._seconds = seconds
        self._reserve = min(RESERVE, (tokens - 1) // 2)
        self._asked: deque[float] = deque()
        reset_when_forked(self)

    def reset_after_fork(self) -> None:
        self._lock = threading.Lock()

    def left(self, now: float) -> int:
        """How many may be asked for now, the reserve included."""
        with self._lock:
            return self._left(now)

    def take(self, now: float, *, urgent: bool) -> float | None:
        """Write an entry; where only the reserve is left, when there is room again instead."""
        reserve = 0 if urgent else self._reserve
        with self._lock:
            left = self._left(now)
            if left <= reserve:
                return self._asked[reserve - left] + self._seconds
            self._asked.append(now)
            return None

    def give_back(self, entry: float) -> None:
        """Take away the entry of a call that never went out."""
        with self._lock:
            self._asked.remove(entry)

    def _left(self, now: float) -> int:
        while self._asked and self._asked[0] <= now - self._seconds:
            self._asked.popleft()
        return self._tokens - len(self._asked)


LEDGERS: dict[Hashable, Ledger] = {}
"""One for an account in this process, however many credentials it has."""


def ledger(account: Hashable, quota: tuple[int, int] | None) -> Ledger | None:
    """The ledger of an account whose provider has a quota."""
    return LEDGERS.setdefault(account, Ledger(*quota)) if quota else None

"""Renews the leases of this process while their token requests are in progress."""

import threading
import time
from dataclasses import dataclass
from typing import Any

from .._fork import register_fork_reset
from ._store import Lease, Store


@dataclass
class _Beat:
    lease: Lease
    store: Any
    until: float
    due: float


class Heartbeat:
    """Renews leases on one daemon thread, which ends when there is no lease to renew.

    A process that is killed or stopped renews nothing, so its leases run out. A lease is not renewed
    after the deadline of its caller.
    """

    def __init__(self) -> None:
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """A child has neither the thread nor the leases of its parent."""
        self._changed = threading.Condition()
        self._beats: dict[int, _Beat] = {}
        self._running = False

    def keep(self, store: Store, lease: Lease, until: float) -> None:
        """Renew a lease until `drop`, and at most until that time of `time.monotonic`.

        The leases of a store without `renew` last as long as they have to.
        """
        if not hasattr(store, "renew"):
            return
        beat = _Beat(lease, store, until, time.monotonic() + _interval(lease))
        with self._changed:
            self._beats[id(lease)] = beat
            self._changed.notify()
            if self._running:
                return
            self._running = True
        try:
            threading.Thread(target=self._run, name="gatepass-heartbeat", daemon=True).start()
        except RuntimeError:  # no thread can be started: the lease lasts as long as it does by itself
            self._running = False

    def drop(self, lease: Lease | None) -> None:
        """Stop renewing a lease."""
        with self._changed:
            self._beats.pop(id(lease), None)

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                self._beats = {key: beat for key, beat in self._beats.items() if now < beat.until}
                if not self._beats:
                    self._running = False
                    return
                pause = min(beat.due for beat in self._beats.values()) - now
                if pause > 0:
                    self._changed.wait(pause)
                    continue
                due = [beat for beat in self._beats.values() if beat.due <= now]
            self._renew(due)

    def _renew(self, due: list[_Beat]) -> None:
        failing: set[int] = set()
        for beat in due:
            beat.due = time.monotonic() + _interval(beat.lease)
            if id(beat.store) in failing:  # it would delay the leases of other stores
                continue
            try:
                if not beat.store.renew(beat.lease):
                    self.drop(beat.lease)
            except Exception:  # the next call of the store logs a warning
                failing.add(id(beat.store))


def _interval(lease: Lease) -> float:
    return lease.lookup.lease_seconds / 3


heartbeat = Heartbeat()
"""The leases of this process."""

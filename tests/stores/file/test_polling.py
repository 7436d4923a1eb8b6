"""How often a process polls while another one fetches the token."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gatepass.stores import FileStore, Lease, Lookup, _file_lease, _file_lock, _file_store


def test_a_waiter_polls_less_often_the_longer_it_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        """Time passes only while the waiter sleeps."""

        def __init__(self) -> None:
            self.now = 0.0
            self.pauses: list[float] = []

        def monotonic(self) -> float:
            return self.now

        time = monotonic

        def sleep(self, seconds: float) -> None:
            self.pauses.append(seconds)
            self.now += seconds

    clock = Clock()
    store, lookup = FileStore(folder), Lookup("key", "account")
    assert isinstance(store.acquire(lookup, 0), Lease)
    reads: list[object] = []
    really_open = os.open

    def counting_open(path: object, *options: Any) -> int:
        reads.append(path)
        return really_open(path, *options)  # type: ignore[arg-type]

    for module in (_file_lease, _file_lock, _file_store):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr("os.open", counting_open)

    assert store.acquire(lookup, 5.0) is None

    assert clock.pauses[0] <= 0.002  # so a token that comes soon is noticed soon
    assert len(clock.pauses) < 450
    assert len(reads) <= 5.0 / _file_lease.LEASE_CHECK + 2

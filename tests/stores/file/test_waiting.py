"""How often a process looks while another one fetches the token."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gatepass.stores import FileStore, Lease, Wanted, _file, _lock_file


def test_a_waiter_looks_seldom_once_it_has_waited_for_a_while(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    store, wanted = FileStore(folder), Wanted("key", "account")
    assert isinstance(store.acquire(wanted, 0), Lease)
    reads: list[object] = []
    really_open = os.open

    def counting_open(path: object, *options: Any) -> int:
        reads.append(path)
        return really_open(path, *options)  # type: ignore[arg-type]

    for module in (_file, _lock_file):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr("os.open", counting_open)

    assert store.acquire(wanted, 5.0) is None

    assert clock.pauses[0] <= 0.002  # a token that comes at once is found at once
    assert len(clock.pauses) < 450
    assert len(reads) <= 5.0 / _file.LEASE_CHECK + 2

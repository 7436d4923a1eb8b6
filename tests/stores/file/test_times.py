"""The times of a record decide whether it counts: in order, begun by now, and ending within 366 days."""

from __future__ import annotations

import time as system_time
from pathlib import Path

import pytest

from gatepass import Rejected, Token
from gatepass.stores import Entry, FileStore, Lease, Wanted

from .conftest import mint

WANTED = Wanted("0" * 64, "1" * 64, who=("setu", "sandbox"))
NOW = 1_800_000_000.0
DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    monkeypatch.setattr(system_time, "time", lambda: NOW)
    return FileStore(tmp_path / "store")


def entry(issued_at: float, refresh_at: float, usable_until: float, expires_at: float) -> Entry:
    return Entry(Token("fake-token", expires_at), issued_at, refresh_at, usable_until)


@pytest.mark.parametrize(
    "kept",
    [
        entry(NOW, NOW + 1, NOW + 366 * DAY, NOW + 366 * DAY),
        entry(NOW - 365 * DAY, NOW, NOW + DAY, NOW + DAY),
        entry(NOW, NOW, NOW + 1, NOW + 1),
        entry(NOW + 60, NOW + 61, NOW + 62, NOW + 63),
    ],
    ids=["366 days", "366 days, nearly over", "to be renewed at once", "by a clock that is 60 s ahead"],
)
def test_a_token_with_plausible_times_is_shared(store: FileStore, kept: Entry) -> None:
    mint(store, WANTED, kept)

    assert store.acquire(WANTED, 0) == kept


@pytest.mark.parametrize(
    "kept",
    [
        entry(NOW, NOW + 1, NOW + 2, NOW + 366 * DAY + 1),
        entry(NOW - DAY, NOW + 1, NOW + 2, NOW + 365 * DAY + 1),
        entry(NOW + 61, NOW + 62, NOW + 63, NOW + 64),
        entry(NOW + 2, NOW + 1, NOW + 3, NOW + 4),
        entry(NOW, NOW + 3, NOW + 2, NOW + 4),
        entry(NOW, NOW + 1, NOW + 3, NOW + 2),
        entry(NOW - 2, NOW - 1, NOW, NOW + 1),
    ],
    ids=[
        "a second more than 366 days",
        "the same, begun yesterday",
        "by a clock that is 61 s ahead",
        "renewed before it begins",
        "renewed after its last use",
        "used after its end",
        "its last use is over",
    ],
)
def test_a_token_with_other_times_does_not_count(store: FileStore, kept: Entry) -> None:
    mint(store, WANTED, kept)

    assert isinstance(store.acquire(WANTED, 0), Lease)


@pytest.mark.parametrize(
    ("seconds", "counts"), [(0, False), (0.5, True), (DAY + 59, True), (DAY + 60, False)]
)
def test_a_failure_counts_until_its_end_which_is_a_day_away_at_most(
    store: FileStore, seconds: float, counts: bool
) -> None:
    lease = store.acquire(WANTED, 0)
    assert isinstance(lease, Lease)
    store.fail(lease, Rejected("fake", retry_at=NOW + seconds), sent=True)

    assert isinstance(store.acquire(WANTED, 0), Rejected if counts else Lease)

"""A record counts only if its times are in order, begin by now and end within 366 days."""

from __future__ import annotations

import time as system_time
from pathlib import Path

import pytest

from gatepass import Rejected, Token
from gatepass.stores import CachedToken, FileStore, Lease, Lookup

from ..helpers import acquire_lease, publish_token

LOOKUP = Lookup("0" * 64, "1" * 64, label=("setu", "sandbox"))
NOW = 1_800_000_000.0
DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    monkeypatch.setattr(system_time, "time", lambda: NOW)
    return FileStore(tmp_path / "store")


def cached_token(issued_at: float, refresh_at: float, usable_until: float, expires_at: float) -> CachedToken:
    return CachedToken(Token("fake-token", expires_at), issued_at, refresh_at, usable_until)


@pytest.mark.parametrize(
    "stored",
    [
        cached_token(NOW, NOW + 1, NOW + 366 * DAY, NOW + 366 * DAY),
        cached_token(NOW - 365 * DAY, NOW, NOW + DAY, NOW + DAY),
        cached_token(NOW, NOW, NOW + 1, NOW + 1),
        cached_token(NOW + 60, NOW + 61, NOW + 62, NOW + 63),
    ],
    ids=["366 days", "366 days, nearly over", "to be refreshed at once", "from a clock that is 60 s ahead"],
)
def test_a_token_with_plausible_times_is_shared(store: FileStore, stored: CachedToken) -> None:
    publish_token(store, LOOKUP, stored)

    assert store.acquire(LOOKUP, 0) == stored


@pytest.mark.parametrize(
    "stored",
    [
        cached_token(NOW, NOW + 1, NOW + 2, NOW + 366 * DAY + 1),
        cached_token(NOW - DAY, NOW + 1, NOW + 2, NOW + 365 * DAY + 1),
        cached_token(NOW + 61, NOW + 62, NOW + 63, NOW + 64),
        cached_token(NOW + 2, NOW + 1, NOW + 3, NOW + 4),
        cached_token(NOW, NOW + 3, NOW + 2, NOW + 4),
        cached_token(NOW, NOW + 1, NOW + 3, NOW + 2),
        cached_token(NOW - 2, NOW - 1, NOW, NOW + 1),
    ],
    ids=[
        "a second more than 366 days",
        "the same, issued yesterday",
        "from a clock that is 61 s ahead",
        "refreshed before it is issued",
        "refreshed after usable_until",
        "usable after expires_at",
        "usable_until is over",
    ],
)
def test_a_token_with_implausible_times_is_ignored(store: FileStore, stored: CachedToken) -> None:
    publish_token(store, LOOKUP, stored)

    assert isinstance(store.acquire(LOOKUP, 0), Lease)


@pytest.mark.parametrize(
    ("seconds", "counts"), [(0, False), (0.5, True), (DAY + 59, True), (DAY + 60, False)]
)
def test_a_failure_lasts_until_its_retry_at_and_at_most_a_day(
    store: FileStore, seconds: float, counts: bool
) -> None:
    lease = acquire_lease(store, LOOKUP, 0)
    store.fail(lease, Rejected("fake", retry_at=NOW + seconds), sent=True)

    assert isinstance(store.acquire(LOOKUP, 0), Rejected if counts else Lease)

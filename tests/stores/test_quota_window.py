"""Which token requests count toward a quota, and how much of a quota is kept back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatepass._quota import SlidingWindow, free_at, ordinary, reduced
from gatepass.stores import FileStore

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-3600, False), (-3599, True), (0, True), (60, True), (60.5, False)]
)
def test_a_stored_request_counts_for_an_hour_and_if_its_clock_was_up_to_a_minute_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, counts: bool
) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    store = FileStore(tmp_path)
    tmp_path.chmod(0o700)
    (tmp_path / "fake-account.quota").write_text(json.dumps([NOW + seconds]))

    assert store.quota_left("fake-account", (30, 3600)) == (29 if counts else 30)


@pytest.mark.parametrize(
    ("tokens", "left"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 5), (30, 28)]
)
def test_two_tokens_are_reserved_for_rejected_ones_and_fewer_of_a_small_quota(tokens: int, left: int) -> None:
    assert ordinary((tokens, 3600)) == (left, 3600)


@pytest.mark.parametrize(("tokens", "share"), [(1, 1), (6, 1), (11, 1), (12, 2), (30, 5)])
def test_without_the_store_a_host_uses_a_sixth_of_the_quota_and_at_least_one_token(
    tokens: int, share: int
) -> None:
    assert reduced((tokens, 3600)) == (share, 3600)


def test_there_is_room_when_the_oldest_of_the_last_requests_leaves_the_window() -> None:
    assert free_at([10.0, 20.0], (3, 100)) is None
    assert free_at([10.0, 20.0, 30.0], (3, 100)) == 110.0
    assert free_at([5.0, 10.0, 20.0, 30.0], (3, 100)) == 110.0


def test_a_sliding_window_keeps_the_reserve_and_forgets_old_requests() -> None:
    window = SlidingWindow((3, 100))
    assert [window.acquire(float(now), use_reserve=False) for now in (0, 1, 2)] == [None, None, 100.0]
    assert window.acquire(3.0, use_reserve=True) is None
    assert (window.remaining(99.0), window.remaining(100.0), window.remaining(103.0)) == (0, 1, 3)

    assert window.acquire(200.0, use_reserve=False) is None
    window.release(200.0)
    assert window.remaining(200.0) == 3

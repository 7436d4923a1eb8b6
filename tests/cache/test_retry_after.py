"""`Retry-After` lengthens the back-off up to a maximum, and never shortens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepass import Clock, Setu, TokenError
from gatepass_emulator import Emulator

from ..helpers import FakeClock

INITIAL_BACKOFF = {401: 60, 403: 60, 429: 60, 503: 1}
"""Seconds of back-off after the first failure with a status."""
MAXIMUM_BACKOFF = {401: 900, 403: 900, 429: 86_400, 503: 60}


@pytest.mark.parametrize("header", ["0", "Fri, 15 Jan 2010 08:00:00 GMT"])
@pytest.mark.parametrize("status", INITIAL_BACKOFF)
def test_30_calls_within_the_back_off_share_the_first_failure(
    status: int, header: str, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault("setu", "sandbox", status=status, headers={"Retry-After": header})
    credential = Setu("sandbox", clock=clock.clock)

    for _ in range(30):
        with pytest.raises(TokenError) as caught:
            credential.token()

    requests = 2 if status == 503 else 1  # an outage is retried at once
    assert emulator.count("setu") == requests
    assert caught.value.retry_at == pytest.approx(clock.now + INITIAL_BACKOFF[status], abs=1)


@pytest.mark.parametrize("header", ["86400", "999999999", "Fri, 15 Jan 2100 08:00:00 GMT"])
@pytest.mark.parametrize("status", MAXIMUM_BACKOFF)
def test_only_a_rate_limit_exceeds_the_maximum_back_off(
    status: int, header: str, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault("setu", "sandbox", times=2, status=status, headers={"Retry-After": header})

    with pytest.raises(TokenError) as caught:
        Setu("sandbox", clock=clock.clock).token()

    assert caught.value.retry_at == clock.now + MAXIMUM_BACKOFF[status]


@pytest.mark.parametrize(("status", "seconds"), [(401, 300), (429, 300), (503, 30)])
def test_retry_after_within_the_bounds_is_used(
    status: int, seconds: int, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault("setu", "sandbox", status=status, headers={"Retry-After": str(seconds)})

    with pytest.raises(TokenError) as caught:
        Setu("sandbox", clock=clock.clock).token()

    assert caught.value.retry_at == clock.now + seconds


@pytest.mark.posix
@pytest.mark.parametrize("status", [401, 503])
def test_other_processes_back_off_for_no_longer_than_this_one(
    status: int, emulator: Emulator, tmp_path: Path
) -> None:
    emulator.fault("setu", "sandbox", status=status, headers={"Retry-After": "86400"})
    store = f"file:{tmp_path / 'store'}"
    with pytest.raises(TokenError) as first:
        Setu("sandbox", store=store).token()
    requests = emulator.count("setu")

    with pytest.raises(TokenError) as second:
        Setu("sandbox", store=store).token()

    assert emulator.count("setu") == requests
    assert second.value.retry_at == pytest.approx(first.value.retry_at)
    assert first.value.retry_at is not None
    assert first.value.retry_at <= Clock().time() + MAXIMUM_BACKOFF[status]

"""The machine is suspended, the wall clock is set, the time zone has summer time."""

from __future__ import annotations

import time as system_time
from collections.abc import Iterator

import pytest

from gatepass import Clock, RateLimited, Rejected, Setu
from gatepass_emulator import Emulator

from ..helpers import FakeClock, MockProvider, Runner, wait_for_background_refreshes

HOUR = 3600.0


@pytest.fixture(params=["Asia/Kolkata", "Europe/Berlin", "America/New_York"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as context:
        context.setenv("TZ", request.param)
        system_time.tzset()
        yield request.param
    system_time.tzset()


@pytest.fixture(params=[-1000 * HOUR, -2 * HOUR, 2 * HOUR, 1000 * HOUR])
def hours(request: pytest.FixtureRequest) -> float:
    seconds: float = request.param
    return seconds


def test_a_token_expires_while_the_machine_is_suspended(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)

    clock.advance(8 * HOUR)  # seconds since boot include suspended time

    assert runner.token(credential) != first
    assert emulator.count("setu") == 2


@pytest.mark.skipif(not hasattr(system_time, "CLOCK_BOOTTIME"), reason="only Linux has it")
def test_the_default_clock_counts_suspended_time() -> None:
    def since_boot() -> float:
        return system_time.clock_gettime(system_time.CLOCK_BOOTTIME)

    assert since_boot() <= Clock().monotonic() <= since_boot()


def test_the_wall_clock_jumps_while_a_token_is_cached(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner, hours: float
) -> None:
    credential = mock_provider.credential(Setu)
    first = runner.token(credential)

    clock.shift_wall_clock(hours)
    assert all(runner.token(credential) is first for _ in range(20))
    wait_for_background_refreshes()
    assert len(mock_provider.requests) == 1

    clock.advance(1800)
    assert runner.token(credential).expires_at == clock.time() + 1800
    assert len(mock_provider.requests) == 2


def test_the_wall_clock_jumps_during_the_token_request(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner, hours: float
) -> None:
    def shift_clock(_request: object) -> object:
        clock.shift_wall_clock(hours)
        return mock_provider.example_response(Setu)

    credential = mock_provider.credential(Setu, shift_clock, mock_provider.example_response(Setu))

    for _ in range(20):
        runner.token(credential)
        clock.advance(60)

    assert len(mock_provider.requests) == 1


def test_the_wall_clock_jumps_while_a_failure_is_cached(
    emulator: Emulator, clock: FakeClock, runner: Runner, hours: float
) -> None:
    credential = Setu("sandbox", secret="fake-wrong", clock=clock.clock)
    with pytest.raises(Rejected):
        runner.token(credential)

    clock.shift_wall_clock(hours)
    clock.advance(59)
    with pytest.raises(Rejected):
        runner.token(credential)
    assert emulator.count("setu") == 1

    clock.advance(2)
    with pytest.raises(Rejected):
        runner.token(credential)
    assert emulator.count("setu") == 2


def test_the_wall_clock_jumps_during_a_retry_after(
    emulator: Emulator, clock: FakeClock, runner: Runner, hours: float
) -> None:
    emulator.fault("setu", "sandbox", times=1, status=429, headers={"Retry-After": "300"})
    credential = Setu("sandbox", clock=clock.clock)
    with pytest.raises(RateLimited):
        runner.token(credential)

    clock.shift_wall_clock(hours)
    clock.advance(299)
    with pytest.raises(RateLimited):
        runner.token(credential)
    clock.advance(2)

    assert runner.token(credential).value
    assert emulator.count("setu") == 2


def test_a_wall_clock_ten_years_behind_refreshes_nothing(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner, make_jwt: object
) -> None:
    clock.shift_wall_clock(-10 * 365 * 24 * HOUR)
    credential = mock_provider.credential(Setu)

    for _ in range(20):
        runner.token(credential)
        clock.advance(1200 / 20)

    assert len(mock_provider.requests) == 1


@pytest.mark.posix
def test_the_time_zone_of_the_machine_does_not_change_the_expiry(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner, zone: str
) -> None:
    assert runner.token(mock_provider.credential(Setu)).expires_at == clock.now + 1800


@pytest.mark.posix
def test_a_date_in_retry_after_is_gmt_in_every_time_zone(
    emulator: Emulator, clock: FakeClock, runner: Runner, zone: str
) -> None:
    headers = {"Retry-After": "Fri, 15 Jan 2027 08:02:00 GMT"}  # it is 08:00:00
    emulator.fault("setu", "sandbox", status=429, headers=headers)

    with pytest.raises(RateLimited) as caught:
        runner.token(Setu("sandbox", clock=clock.clock))

    assert caught.value.retry_at == clock.now + 120


@pytest.mark.posix
@pytest.mark.parametrize("day", [1_806_195_600, 1_824_944_400], ids=["spring", "autumn"])
def test_a_change_to_or_from_summer_time_refreshes_nothing(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner, monkeypatch: pytest.MonkeyPatch, day: float
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    system_time.tzset()
    clock.now = day - 300.0
    credential = mock_provider.credential(Setu)
    for _ in range(10):
        runner.token(credential)
        clock.advance(60)
    monkeypatch.undo()
    system_time.tzset()

    assert len(mock_provider.requests) == 1

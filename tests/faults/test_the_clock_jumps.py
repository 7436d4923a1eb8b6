"""Clocks: a machine sleeps, somebody sets the wall clock, summer time begins."""

from __future__ import annotations

import time as system_time
from collections.abc import Iterator
from time import tzset

import pytest

from gatepass import Clock, Limited, Rejected, Setu
from gatepass_emulator import Emulator

from ..conftest import Time, Way, Wire
from .crowd import settle

HOUR = 3600.0


@pytest.fixture(params=["Asia/Kolkata", "Europe/Berlin", "America/New_York"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("TZ", request.param)
        tzset()
        yield request.param
    tzset()


@pytest.fixture(params=[-1000 * HOUR, -2 * HOUR, 2 * HOUR, 1000 * HOUR])
def hours(request: pytest.FixtureRequest) -> float:
    seconds: float = request.param
    return seconds


def test_a_laptop_sleeps_for_hours_and_its_token_is_not_served(
    emulator: Emulator, time: Time, way: Way
) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)

    time.pass_(8 * HOUR)  # since boot, sleep included

    assert way.token(credential) != first
    assert emulator.count("setu") == 2


@pytest.mark.skipif(not hasattr(system_time, "CLOCK_BOOTTIME"), reason="only Linux has it")
def test_the_clock_in_use_counts_sleep() -> None:
    def since_boot() -> float:
        return system_time.clock_gettime(system_time.CLOCK_BOOTTIME)

    assert since_boot() <= Clock().boot() <= since_boot()


def test_the_wall_clock_jumps_while_a_token_is_held(wire: Wire, time: Time, way: Way, hours: float) -> None:
    credential = wire.credential(Setu)
    first = way.token(credential)

    time.jump(hours)
    assert all(way.token(credential) is first for _ in range(20))
    settle()
    assert len(wire.requests) == 1

    time.pass_(1800)
    assert way.token(credential).expires_at == time.wall() + 1800
    assert len(wire.requests) == 2


def test_the_wall_clock_jumps_during_the_token_call(wire: Wire, time: Time, way: Way, hours: float) -> None:
    def jumps(_request: object) -> object:
        time.jump(hours)
        return wire.reply(Setu)

    credential = wire.credential(Setu, jumps, wire.reply(Setu))

    for _ in range(20):
        way.token(credential)
        time.pass_(60)

    assert len(wire.requests) == 1


def test_the_wall_clock_jumps_while_a_failure_is_remembered(
    emulator: Emulator, time: Time, way: Way, hours: float
) -> None:
    credential = Setu("sandbox", secret="fake-wrong", clock=time.clock)
    with pytest.raises(Rejected):
        way.token(credential)

    time.jump(hours)
    time.pass_(59)
    with pytest.raises(Rejected):
        way.token(credential)
    assert emulator.count("setu") == 1

    time.pass_(2)
    with pytest.raises(Rejected):
        way.token(credential)
    assert emulator.count("setu") == 2


def test_the_wall_clock_jumps_while_the_provider_wants_to_be_left_alone(
    emulator: Emulator, time: Time, way: Way, hours: float
) -> None:
    emulator.fault("setu", "sandbox", times=1, status=429, headers={"Retry-After": "300"})
    credential = Setu("sandbox", clock=time.clock)
    with pytest.raises(Limited):
        way.token(credential)

    time.jump(hours)
    time.pass_(299)
    with pytest.raises(Limited):
        way.token(credential)
    time.pass_(2)

    assert way.token(credential).value
    assert emulator.count("setu") == 2


def test_the_wall_clock_is_wrong_all_the_time(wire: Wire, time: Time, way: Way, jwt: object) -> None:
    time.jump(-10 * 365 * 24 * HOUR)
    credential = wire.credential(Setu)

    for _ in range(20):
        way.token(credential)
        time.pass_(1200 / 20)

    assert len(wire.requests) == 1


def test_the_zone_of_the_machine_changes_nothing(wire: Wire, time: Time, way: Way, zone: str) -> None:
    assert way.token(wire.credential(Setu)).expires_at == time.now + 1800


def test_a_date_in_retry_after_is_gmt_wherever_the_machine_is(
    emulator: Emulator, time: Time, way: Way, zone: str
) -> None:
    headers = {"Retry-After": "Fri, 15 Jan 2027 08:02:00 GMT"}  # it is 08:00:00
    emulator.fault("setu", "sandbox", status=429, headers=headers)

    with pytest.raises(Limited) as caught:
        way.token(Setu("sandbox", clock=time.clock))

    assert caught.value.retry_at == time.now + 120


@pytest.mark.parametrize("day", [1_806_195_600, 1_824_944_400], ids=["spring", "autumn"])
def test_summer_time_begins_and_ends(
    wire: Wire, time: Time, way: Way, monkeypatch: pytest.MonkeyPatch, day: float
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    tzset()
    time.now = day - 300.0
    credential = wire.credential(Setu)
    for _ in range(10):
        way.token(credential)
        time.pass_(60)
    monkeypatch.undo()
    tzset()

    assert len(wire.requests) == 1

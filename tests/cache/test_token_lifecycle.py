"""A token is fresh, stale or expired: which callers it serves, and which callers wait."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from gatepass import Rejected, Setu
from gatepass_emulator import Emulator

from ..helpers import (
    CALLERS,
    FakeClock,
    MockProvider,
    PausedResponses,
    Runner,
    call_in_threads,
    wait_for_background_refreshes,
)
from ..timeouts import HANG_TIMEOUT


@pytest.mark.parametrize("lifetime", [30, 60, 300, 1800])
def test_20_calls_within_60_percent_of_the_lifetime_cost_one_token_request(
    emulator: Emulator, clock: FakeClock, runner: Runner, lifetime: int
) -> None:
    emulator.lifetime("setu", "sandbox", lifetime)
    credential = Setu("sandbox", clock=clock.clock)

    for _ in range(20):
        runner.token(credential)
        clock.advance(lifetime * 0.6 / 20)

    assert emulator.count("setu") == 1


@pytest.mark.parametrize(
    ("expires_in", "lifetime"), [("remove", 1800), ("3600", 1800), (0, 1800), (600.5, 600.5)]
)
def test_expires_in_missing_zero_fractional_or_a_string(
    emulator: Emulator, clock: FakeClock, runner: Runner, expires_in: object, lifetime: float
) -> None:
    emulator.fault("setu", "sandbox", lifetime=expires_in)  # the token is a JWT of 1800 s
    credential = Setu("sandbox", clock=clock.clock)

    assert {runner.token(credential).expires_at for _ in range(20)} == {clock.now + lifetime}
    assert emulator.count("setu") == 1


def test_a_stale_token_is_served_while_one_refresh_runs(
    emulator: Emulator, clock: FakeClock, runner: Runner, paused_responses: PausedResponses
) -> None:
    paused_responses.resume()
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)
    clock.advance(0.85 * 1800)
    paused_responses.pause()

    served = [runner.token(credential) for _ in range(20)]

    assert set(served) == {first}
    paused_responses.resume()
    wait_for_background_refreshes()
    assert runner.token(credential) != first
    assert emulator.count("setu") == 2


def test_64_threads_with_a_stale_token_are_all_served_before_the_refresh_ends(
    mock_provider: MockProvider, clock: FakeClock
) -> None:
    resumed = threading.Event()

    def slow(_request: httpx.Request) -> Any:
        assert resumed.wait(HANG_TIMEOUT)
        return mock_provider.example_response(Setu)

    credential = mock_provider.credential(Setu, mock_provider.example_response(Setu), slow)
    first = credential.token()
    clock.advance(0.85 * 1800)

    assert set(call_in_threads(CALLERS, credential.token)) == {first}
    resumed.set()
    wait_for_background_refreshes()
    assert credential.token() != first
    assert len(mock_provider.requests) == 2


@pytest.mark.parametrize(("random_number", "fraction"), [(0.0, 0.8), (0.5, 0.75), (1.0, 0.7)])
def test_refresh_begins_at_80_percent_of_the_lifetime_minus_jitter(
    mock_provider: MockProvider,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    random_number: float,
    fraction: float,
) -> None:
    monkeypatch.setattr("random.random", lambda: random_number)
    credential = mock_provider.credential(Setu)
    credential.token()

    counts = []
    for seconds in (fraction * 1800 - 1, 2):
        clock.advance(seconds)
        credential.token()
        wait_for_background_refreshes()
        counts.append(len(mock_provider.requests))

    assert counts == [1, 2]


def test_jitter_is_drawn_once_per_token_and_not_per_call(
    mock_provider: MockProvider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 0.0)
    credential = mock_provider.credential(Setu)
    credential.token()
    monkeypatch.setattr("random.random", lambda: 1.0)

    for _ in range(20):
        clock.advance(0.79 * 1800 / 20)
        credential.token()
        wait_for_background_refreshes()

    assert len(mock_provider.requests) == 1


@pytest.mark.parametrize(("lifetime", "margin"), [(30, 3), (60, 6), (300, 30), (600, 60), (1800, 60)])
def test_a_token_is_served_until_its_last_tenth_or_minute(
    emulator: Emulator, clock: FakeClock, runner: Runner, lifetime: int, margin: int
) -> None:
    emulator.lifetime("setu", "sandbox", lifetime)
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)
    emulator.fault("setu", "sandbox", status=400)

    clock.advance(lifetime - margin - 0.5)
    assert runner.token(credential) == first
    wait_for_background_refreshes()
    clock.advance(1)
    with pytest.raises(Rejected):
        runner.token(credential)
    assert emulator.count("setu") == 2


def test_callers_wait_for_the_replacement_of_an_expired_token(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)

    clock.advance(1800 - 60)

    assert runner.token(credential) != first
    assert emulator.count("setu") == 2


def test_the_lifetime_counts_from_before_the_request(
    clock: FakeClock, mock_provider: MockProvider, runner: Runner, make_jwt: Any
) -> None:
    def slow(_request: httpx.Request) -> Any:
        clock.advance(5)
        body = mock_provider.example_response(Setu)
        body["data"] = {"expiresIn": 30, "token": make_jwt(30, jti=len(mock_provider.requests))}
        return body

    credential = mock_provider.credential(Setu, slow)
    began = clock.now
    first = runner.token(credential)
    assert first.expires_at == began + 30

    clock.now = began + 27  # its last tenth; counted from the response, there would be five seconds more
    assert runner.token(credential) != first


def test_an_invalidated_token_is_not_served_again(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)
    credential.invalidate()
    second = runner.token(credential)
    assert second != first

    credential.invalidate(first)
    assert runner.token(credential) == second
    credential.invalidate(second)
    assert runner.token(credential) != second

    credential.close()
    assert runner.token(credential).value
    assert emulator.count("setu") == 4

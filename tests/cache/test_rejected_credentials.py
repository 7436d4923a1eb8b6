"""The provider rejects the credentials: one request is enough for 20 calls or 64 threads."""

from __future__ import annotations

import pytest

from gatepass import Rejected, Setu
from gatepass_emulator import Emulator

from ..helpers import (
    CALLERS,
    FakeClock,
    Runner,
    call_in_threads,
    error_raised_by,
    wait_for_background_refreshes,
)


@pytest.fixture
def rejected(emulator: Emulator, clock: FakeClock) -> Setu:
    return Setu("sandbox", secret="fake-wrong", clock=clock.clock)


def test_20_calls_with_rejected_credentials_cost_one_request(
    emulator: Emulator, clock: FakeClock, runner: Runner, rejected: Setu
) -> None:
    errors = [error_raised_by(lambda: runner.token(rejected)) for _ in range(20)]

    assert {type(error) for error in errors} == {Rejected}
    assert {vars(error)["retry_at"] for error in errors} == {clock.now + 60}
    assert len({id(error) for error in errors}) == 20
    assert emulator.count("setu") == 1


def test_64_threads_with_rejected_credentials_cost_one_request(emulator: Emulator, rejected: Setu) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=0.05)

    errors = call_in_threads(CALLERS, lambda: error_raised_by(rejected.token))

    assert {type(error) for error in errors} == {Rejected}
    assert len({id(error) for error in errors}) == CALLERS
    assert emulator.count("setu") == 1


def test_rejected_credentials_are_tried_once_a_minute_then_less_often(
    emulator: Emulator, clock: FakeClock, runner: Runner, rejected: Setu
) -> None:
    def requests_in(seconds: int) -> int:
        before = emulator.count("setu")
        for _ in range(0, seconds, 5):
            with pytest.raises(Rejected):
                runner.token(rejected)
            clock.advance(5)
        return emulator.count("setu") - before

    assert [requests_in(60), requests_in(60), requests_in(60), requests_in(60)] == [1, 1, 0, 1]


def test_the_back_off_doubles_up_to_15_minutes(clock: FakeClock, runner: Runner, rejected: Setu) -> None:
    back_offs = []
    for _ in range(7):
        with pytest.raises(Rejected) as caught:
            runner.token(rejected)
        assert caught.value.retry_at is not None
        back_offs.append(caught.value.retry_at - clock.now)
        clock.now = caught.value.retry_at

    assert back_offs == [60, 120, 240, 480, 900, 900, 900]


def test_an_api_request_without_a_token_is_not_sent(
    emulator: Emulator, runner: Runner, rejected: Setu
) -> None:
    with pytest.raises(Rejected):
        runner.get(rejected, f"{rejected.base_url}/echo")

    assert emulator.count("setu", kind="echo") == 0


def test_after_invalidate_rejected_credentials_are_tried_again(
    emulator: Emulator, runner: Runner, rejected: Setu
) -> None:
    for _ in range(2):
        with pytest.raises(Rejected):
            runner.token(rejected)
        rejected.invalidate()

    assert emulator.count("setu") == 2


def test_the_valid_token_is_served_while_the_credentials_are_rejected(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)
    clock.advance(0.85 * 1800)
    emulator.fault("setu", "sandbox", status=400)

    for _ in range(10):
        assert runner.token(credential) == first
        wait_for_background_refreshes()
        clock.advance(5)

    assert emulator.count("setu") == 2

"""The provider refuses the credentials: once is enough, for 20 calls or 64 at once."""

from __future__ import annotations

import pytest

from gatepass import Rejected, Setu
from gatepass_emulator import Emulator

from ..conftest import Time, Way
from .crowd import CROWD, failure_of, in_threads, settle


@pytest.fixture
def wrong(emulator: Emulator, time: Time) -> Setu:
    return Setu("sandbox", secret="fake-wrong", clock=time.clock)


def test_refused_credentials_20_calls(emulator: Emulator, time: Time, way: Way, wrong: Setu) -> None:
    errors = [failure_of(lambda: way.token(wrong)) for _ in range(20)]

    assert {type(error) for error in errors} == {Rejected}
    assert {vars(error)["retry_at"] for error in errors} == {time.now + 60}
    assert len({id(error) for error in errors}) == 20
    assert emulator.count("setu") == 1


def test_refused_credentials_burst_of_64(emulator: Emulator, wrong: Setu) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=0.05)

    errors = in_threads(CROWD, lambda: failure_of(wrong.token))

    assert {type(error) for error in errors} == {Rejected}
    assert len({id(error) for error in errors}) == CROWD
    assert emulator.count("setu") == 1


def test_they_are_tried_once_a_minute_then_less_often(
    emulator: Emulator, time: Time, way: Way, wrong: Setu
) -> None:
    def tries(seconds: int) -> int:
        before = emulator.count("setu")
        for _ in range(0, seconds, 5):
            with pytest.raises(Rejected):
                way.token(wrong)
            time.pass_(5)
        return emulator.count("setu") - before

    assert [tries(60), tries(60), tries(60), tries(60)] == [1, 1, 0, 1]


def test_the_pause_doubles_up_to_15_minutes(time: Time, way: Way, wrong: Setu) -> None:
    pauses = []
    for _ in range(7):
        with pytest.raises(Rejected) as caught:
            way.token(wrong)
        assert caught.value.retry_at is not None
        pauses.append(caught.value.retry_at - time.now)
        time.now = caught.value.retry_at

    assert pauses == [60, 120, 240, 480, 900, 900, 900]


def test_a_request_fails_before_it_reaches_the_api(emulator: Emulator, way: Way, wrong: Setu) -> None:
    with pytest.raises(Rejected):
        way.get(wrong, f"{wrong.base_url}/echo")

    assert emulator.count("setu", kind="echo") == 0


def test_forget_lets_them_be_tried_again(emulator: Emulator, way: Way, wrong: Setu) -> None:
    for _ in range(2):
        with pytest.raises(Rejected):
            way.token(wrong)
        wrong.forget()

    assert emulator.count("setu") == 2


def test_refused_while_the_old_token_lives_it_is_served_on(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    time.pass_(0.85 * 1800)
    emulator.fault("setu", "sandbox", status=400)

    for _ in range(10):
        assert way.token(credential) == first
        settle()
        time.pass_(5)

    assert emulator.count("setu") == 2

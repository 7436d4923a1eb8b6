"""What happens as a token ages."""

import threading
from typing import Any

import pytest

from gatepass import Rejected, Setu, Unavailable
from gatepass_emulator import Emulator

from ..conftest import Time, Way, Wire


def settle() -> None:
    """Wait for the renewals that run beside the callers."""
    for thread in threading.enumerate():
        if thread.name.startswith("gatepass setu"):
            thread.join(5)


@pytest.mark.parametrize("life", [30, 60, 300, 1800])
def test_a_short_life_is_no_reason_to_ask_for_each_call(
    emulator: Emulator, time: Time, way: Way, life: int
) -> None:
    emulator.lifetime("setu", "sandbox", life)
    credential = Setu("sandbox", clock=time.clock)

    for _ in range(20):
        way.token(credential)
        time.pass_(life * 0.6 / 20)

    assert emulator.count("setu") == 1


def test_an_aged_token_is_served_while_one_renewal_runs(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    time.pass_(0.85 * 1800)
    emulator.fault("setu", "sandbox", latency=0.2)

    served = [way.token(credential) for _ in range(20)]

    assert set(served) == {first}
    settle()
    assert way.token(credential) != first
    assert emulator.count("setu") == 2


def test_renewal_begins_at_a_moment_drawn_once_for_a_token(
    emulator: Emulator, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 0.5)
    credential = Setu("sandbox", clock=time.clock)
    credential.token()
    monkeypatch.setattr("random.random", lambda: 1.0)

    time.pass_(0.74 * 1800)
    credential.token()
    settle()
    assert emulator.count("setu") == 1

    time.pass_(0.02 * 1800)
    credential.token()
    settle()
    assert emulator.count("setu") == 2


def test_an_expired_token_is_waited_for(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)

    time.pass_(1800 - 60)

    assert way.token(credential) != first
    assert emulator.count("setu") == 2


def test_the_life_counts_from_before_the_request(time: Time, wire: Wire, way: Way) -> None:
    def slow(_request: Any) -> Any:
        time.pass_(5)
        return wire.reply(Setu)

    credential = wire.credential(Setu, slow)
    began = time.now

    assert way.token(credential).expires_at == began + 1800


def test_a_failed_renewal_is_a_warning_while_the_old_token_lives(
    emulator: Emulator, time: Time, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    time.pass_(0.85 * 1800)
    emulator.fault("setu", "sandbox", status=503)

    assert way.token(credential) == first
    settle()
    assert way.token(credential) == first

    assert [record.levelname for record in caplog.records if record.name == "gatepass"] == ["WARNING"]
    assert emulator.count("setu") == 3  # the first, the renewal, and its one repetition


def test_an_outage_is_remembered_and_shared(emulator: Emulator, time: Time, way: Way) -> None:
    emulator.fault("setu", "sandbox", status=503)
    credential = Setu("sandbox", clock=time.clock)
    errors = []
    for _ in range(20):
        with pytest.raises(Unavailable) as caught:
            way.token(credential)
        errors.append(caught.value)

    assert emulator.count("setu") == 2  # one call and its repetition
    assert len({id(error) for error in errors}) == 20
    assert errors[-1].retry_at == pytest.approx(time.now + 1)

    emulator.clear()
    time.pass_(1.1)
    assert way.token(credential).value


def test_refused_credentials_are_tried_once_a_minute_then_less_often(
    emulator: Emulator, time: Time, way: Way
) -> None:
    credential = Setu("sandbox", secret="fake-wrong", clock=time.clock)

    def tries(seconds: int) -> int:
        before = emulator.count("setu")
        for _ in range(seconds):
            with pytest.raises(Rejected):
                way.token(credential)
            time.pass_(1)
        return emulator.count("setu") - before

    assert [tries(60), tries(60), tries(60), tries(60)] == [1, 1, 0, 1]


def test_forget_lets_a_refused_credential_try_again(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", secret="fake-wrong", clock=time.clock)
    for _ in range(2):
        with pytest.raises(Rejected):
            way.token(credential)
        credential.forget()

    assert emulator.count("setu") == 2


def test_forgetting_another_token_keeps_the_one_in_use(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    credential.forget()
    second = way.token(credential)

    credential.forget(first)
    assert way.token(credential) == second
    credential.forget(second)
    assert way.token(credential) != second

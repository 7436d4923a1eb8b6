"""A token ages: fresh, stale, expired; who is served what, and who waits."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from gatepass import Rejected, Setu
from gatepass_emulator import Emulator

from ..conftest import Gate, Time, Way, Wire
from ..patience import PATIENCE
from .crowd import CROWD, in_threads, settle


@pytest.mark.parametrize("life", [30, 60, 300, 1800])
def test_20_calls_with_tokens_of_60_s(emulator: Emulator, time: Time, way: Way, life: int) -> None:
    emulator.lifetime("setu", "sandbox", life)
    credential = Setu("sandbox", clock=time.clock)

    for _ in range(20):
        way.token(credential)
        time.pass_(life * 0.6 / 20)

    assert emulator.count("setu") == 1


@pytest.mark.parametrize(("said", "life"), [("remove", 1800), ("3600", 1800), (0, 1800), (600.5, 600.5)])
def test_expires_in_missing_or_of_any_type(
    emulator: Emulator, time: Time, way: Way, said: object, life: float
) -> None:
    emulator.fault("setu", "sandbox", lifetime=said)  # the token itself, a JWT, says 1800
    credential = Setu("sandbox", clock=time.clock)

    assert {way.token(credential).expires_at for _ in range(20)} == {time.now + life}
    assert emulator.count("setu") == 1


def test_an_aged_token_is_served_while_one_renewal_runs(
    emulator: Emulator, time: Time, way: Way, gate: Gate
) -> None:
    gate.open()
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    time.pass_(0.85 * 1800)
    gate.close()

    served = [way.token(credential) for _ in range(20)]

    assert set(served) == {first}
    gate.open()
    settle()
    assert way.token(credential) != first
    assert emulator.count("setu") == 2


def test_64_threads_with_an_aged_token_are_all_served_before_the_renewal_ends(wire: Wire, time: Time) -> None:
    answers = threading.Event()

    def slow(_request: httpx.Request) -> Any:
        assert answers.wait(PATIENCE)
        return wire.reply(Setu)

    credential = wire.credential(Setu, wire.reply(Setu), slow)
    first = credential.token()
    time.pass_(0.85 * 1800)

    assert set(in_threads(CROWD, credential.token)) == {first}
    answers.set()
    settle()
    assert credential.token() != first
    assert len(wire.requests) == 2


@pytest.mark.parametrize(("drawn", "part"), [(0.0, 0.8), (0.5, 0.75), (1.0, 0.7)])
def test_renewal_begins_at_80_percent_of_the_life_less_what_is_drawn(
    wire: Wire, time: Time, monkeypatch: pytest.MonkeyPatch, drawn: float, part: float
) -> None:
    monkeypatch.setattr("random.random", lambda: drawn)
    credential = wire.credential(Setu)
    credential.token()

    asked = []
    for seconds in (part * 1800 - 1, 2):
        time.pass_(seconds)
        credential.token()
        settle()
        asked.append(len(wire.requests))

    assert asked == [1, 2]


def test_it_is_drawn_once_for_a_token_and_not_for_each_call(
    wire: Wire, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 0.0)
    credential = wire.credential(Setu)
    credential.token()
    monkeypatch.setattr("random.random", lambda: 1.0)

    for _ in range(20):
        time.pass_(0.79 * 1800 / 20)
        credential.token()
        settle()

    assert len(wire.requests) == 1


@pytest.mark.parametrize(("life", "margin"), [(30, 3), (60, 6), (300, 30), (600, 60), (1800, 60)])
def test_a_token_is_served_until_its_last_tenth_or_minute(
    emulator: Emulator, time: Time, way: Way, life: int, margin: int
) -> None:
    emulator.lifetime("setu", "sandbox", life)
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    emulator.fault("setu", "sandbox", status=400)

    time.pass_(life - margin - 0.5)
    assert way.token(credential) == first
    settle()
    time.pass_(1)
    with pytest.raises(Rejected):
        way.token(credential)
    assert emulator.count("setu") == 2


def test_an_expired_token_is_waited_for(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)

    time.pass_(1800 - 60)

    assert way.token(credential) != first
    assert emulator.count("setu") == 2


def test_the_life_counts_from_before_the_request(time: Time, wire: Wire, way: Way, jwt: Any) -> None:
    def slow(_request: httpx.Request) -> Any:
        time.pass_(5)
        reply = wire.reply(Setu)
        reply["data"] = {"expiresIn": 30, "token": jwt(30, jti=len(wire.requests))}
        return reply

    credential = wire.credential(Setu, slow)
    began = time.now
    first = way.token(credential)
    assert first.expires_at == began + 30

    time.now = began + 27  # its last tenth; counted from the reply there would be five seconds more
    assert way.token(credential) != first


def test_a_token_that_is_forgotten_is_not_served_again(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    credential.forget()
    second = way.token(credential)
    assert second != first

    credential.forget(first)
    assert way.token(credential) == second
    credential.forget(second)
    assert way.token(credential) != second

    credential.close()
    assert way.token(credential).value
    assert emulator.count("setu") == 4

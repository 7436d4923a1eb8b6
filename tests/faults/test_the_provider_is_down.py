"""The token endpoint is down, or slow: whoever has a token goes on, the others learn it once."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from typing import Any

import httpx
import pytest

from gatepass import GatepassError, Rejected, Setu, Unavailable
from gatepass_emulator import Emulator

from ..bad_input.shown import locals_of
from ..conftest import Gate, Time, Way, Wire
from ..patience import PATIENCE
from .crowd import CROWD, failure_of, in_threads, settle


def test_503_while_the_old_token_lives(
    emulator: Emulator, time: Time, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    time.pass_(0.85 * 1800)
    emulator.fault("setu", "sandbox", status=503)

    for _ in range(20):
        assert way.token(credential) == first
        settle()

    assert [record.levelname for record in caplog.records if record.name == "gatepass"] == ["WARNING"]
    assert emulator.count("setu") == 2  # the first and one try to renew


def test_the_renewal_is_tried_again_before_the_old_token_ends(
    emulator: Emulator, time: Time, way: Way
) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    time.pass_(0.85 * 1800)
    emulator.fault("setu", "sandbox", times=1, status=503)
    way.token(credential)
    settle()

    time.pass_(1.1)
    assert way.token(credential) == first
    settle()
    assert way.token(credential) != first


def test_an_outage_is_remembered_and_shared(emulator: Emulator, time: Time, way: Way) -> None:
    emulator.fault("setu", "sandbox", status=503)
    credential = Setu("sandbox", clock=time.clock)

    errors = [failure_of(lambda: way.token(credential)) for _ in range(20)]

    assert emulator.count("setu") == 2  # one call and its repetition
    assert len({id(error) for error in errors}) == 20
    assert {vars(error)["status"] for error in errors} == {503}
    (retry_at,) = {vars(error)["retry_at"] for error in errors}
    assert retry_at == pytest.approx(time.now + 1)

    emulator.clear()
    time.pass_(1.1)
    assert way.token(credential).value


def test_64_threads_learn_of_one_outage_and_each_has_an_error_of_its_own(
    emulator: Emulator, time: Time
) -> None:
    emulator.fault("setu", "sandbox", status=503, latency=0.05)
    credential = Setu("sandbox", clock=time.clock)

    errors = in_threads(CROWD, lambda: failure_of(credential.token))

    assert {type(error) for error in errors} == {Unavailable}
    assert len({id(error) for error in errors}) == len({id(error.__traceback__) for error in errors}) == CROWD
    assert all(error.__cause__ is error.__context__ is None for error in errors)
    assert emulator.count("setu") == 2


def test_one_caller_s_error_is_nothing_that_another_caller_can_change(
    emulator: Emulator, time: Time, way: Way
) -> None:
    emulator.fault("setu", "sandbox", status=503)
    credential = Setu("sandbox", clock=time.clock)
    first = failure_of(lambda: way.token(credential))
    first.add_note("fake note of the first caller")
    vars(first)["reason"] = "fake"

    second = failure_of(lambda: way.token(credential))

    assert not hasattr(second, "__notes__")
    assert "the provider failed" in str(second)
    assert not any(value is first for value in locals_of(second))


def test_the_pause_doubles_from_a_second_to_a_minute(emulator: Emulator, time: Time, way: Way) -> None:
    emulator.fault("setu", "sandbox", status=503)
    credential = Setu("sandbox", clock=time.clock)
    pauses = []
    for _ in range(9):
        with pytest.raises(Unavailable) as caught:
            way.token(credential)
        assert caught.value.retry_at is not None
        pauses.append(round(caught.value.retry_at - time.now))
        time.now = caught.value.retry_at

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert emulator.count("setu") == 18


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_of_a_firewall_is_an_outage_and_says_nothing_of_the_credentials(
    status: int, emulator: Emulator, time: Time, way: Way
) -> None:
    emulator.fault("setu", "sandbox", times=10, status=status, body="<html>fake firewall</html>")
    credential = Setu("sandbox", clock=time.clock)
    for _ in range(10):
        with pytest.raises(Unavailable, match="an HTML page instead of the provider's JSON") as caught:
            way.token(credential)
        assert caught.value.status == status
        time.pass_(61)  # the longest pause

    assert way.token(credential).value
    assert emulator.count("setu") == 11


def test_nobody_is_there(no_variables: None, time: Time, way: Way) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        credential = Setu("sandbox", client_id="fake", secret="fake", base_url=url, clock=time.clock)

        with pytest.raises(Unavailable, match="connection refused"):
            way.token(credential)

    assert len(time.paused) == 1  # it is tried once more


def test_a_slow_token_endpoint_does_not_stall_the_loop(emulator: Emulator, time: Time, gate: Gate) -> None:
    credential = Setu("sandbox", clock=time.clock)

    async def steps_meanwhile() -> int:
        waiter, steps = asyncio.create_task(credential.atoken()), 0
        while not gate.arrived.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)
            steps += not waiter.done()
        gate.open()  # by the loop itself: where it is stalled, there is no answer
        assert (await waiter).value
        return steps

    assert asyncio.run(steps_meanwhile()) == 1000
    assert emulator.count("setu") == 1


def test_who_waits_is_told_when_the_time_is_up(wire: Wire, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepass._flight.GRACE", 0.02)
    answers = threading.Event()

    def slow(_request: httpx.Request) -> Any:
        answers.wait(PATIENCE)
        return wire.reply(Setu)

    credential = wire.credential(Setu, slow, timeout=0.05)
    try:
        for _ in range(2):  # the second time it is remembered, not waited for
            with pytest.raises(Unavailable, match="no token within"):
                way.token(credential)
    finally:
        answers.set()

    settle()
    assert len(wire.requests) == 1


def test_a_vault_that_hangs_costs_each_caller_no_more_than_its_timeout(
    emulator: Emulator, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepass._flight.GRACE", 0.05)
    answers = threading.Event()

    def slow() -> str:
        answers.wait(PATIENCE)
        return emulator.variables()["SETU_SANDBOX_SECRET"]

    credential = Setu("sandbox", secret=slow, timeout=0.05)
    try:
        for _ in range(2):
            with pytest.raises(Unavailable, match="no token within"):
                way.token(credential)
        assert emulator.count("setu") == 0
    finally:
        answers.set()


def test_a_vault_that_fails_tells_nothing_of_what_it_knows(emulator: Emulator, time: Time, way: Way) -> None:
    def broken() -> str:
        raise OSError("fake-vault-secret")

    with pytest.raises(Unavailable, match="OSError") as caught:
        way.token(Setu("sandbox", secret=broken, clock=time.clock))

    assert "fake-vault-secret" not in repr(caught.value)
    assert caught.value.__context__ is None
    assert emulator.count("setu") == 0


def test_what_nobody_foresaw_reaches_whoever_waits(wire: Wire, way: Way) -> None:
    def vault() -> str:
        raise SystemExit("fake-hidden")

    with pytest.raises(GatepassError, match="unexpected SystemExit") as caught:
        way.token(wire.credential(Setu, secret=vault))

    assert "fake-hidden" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_caller_who_waited_too_long_is_told_when_to_try_again(
    wire: Wire, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepass._flight.GRACE", 0.02)
    answers = threading.Event()
    slow = wire.credential(Setu, lambda _r: answers.wait(PATIENCE) and wire.reply(Setu), timeout=0.05)

    with pytest.raises(Unavailable, match="no token within") as caught:
        way.token(slow)

    answers.set()
    assert caught.value.retry_at is not None


def test_a_provider_that_sends_a_secret_back_as_its_code_is_not_quoted(wire: Wire, way: Way) -> None:
    def echoing(request: httpx.Request) -> httpx.Response:
        secret = json.loads(request.content)["secret"]
        return httpx.Response(400, json={"error": {"code": secret, "traceID": "fake-trace"}})

    with pytest.raises(Rejected) as caught:
        way.token(wire.credential(Setu, echoing))

    assert (caught.value.code, caught.value.trace) == (None, "fake-trace")

"""The token endpoint is down or slow: a valid token is served on, and other callers share one failure."""

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

from ..helpers import (
    CALLERS,
    FakeClock,
    MockProvider,
    PausedResponses,
    Runner,
    call_in_threads,
    error_raised_by,
    frame_locals,
    wait_for_background_refreshes,
)
from ..timeouts import HANG_TIMEOUT


def test_during_a_503_the_valid_token_is_served_with_one_warning(
    emulator: Emulator, clock: FakeClock, runner: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)
    clock.advance(0.85 * 1800)
    emulator.fault("setu", "sandbox", status=503)

    for _ in range(20):
        assert runner.token(credential) == first
        wait_for_background_refreshes()

    assert [record.levelname for record in caplog.records if record.name == "gatepass"] == ["WARNING"]
    assert emulator.count("setu") == 2  # the first token and one failed refresh


def test_a_failed_refresh_is_tried_again_before_the_token_expires(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)
    clock.advance(0.85 * 1800)
    emulator.fault("setu", "sandbox", times=1, status=503)
    runner.token(credential)
    wait_for_background_refreshes()

    clock.advance(1.1)
    assert runner.token(credential) == first
    wait_for_background_refreshes()
    assert runner.token(credential) != first


def test_a_failure_is_cached_and_shared_by_20_calls(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("setu", "sandbox", status=503)
    credential = Setu("sandbox", clock=clock.clock)

    errors = [error_raised_by(lambda: runner.token(credential)) for _ in range(20)]

    assert emulator.count("setu") == 2  # one request and its retry
    assert len({id(error) for error in errors}) == 20
    assert {vars(error)["status"] for error in errors} == {503}
    (retry_at,) = {vars(error)["retry_at"] for error in errors}
    assert retry_at == pytest.approx(clock.now + 1)

    emulator.clear()
    clock.advance(1.1)
    assert runner.token(credential).value


def test_64_threads_share_one_failure_and_get_an_error_each(emulator: Emulator, clock: FakeClock) -> None:
    emulator.fault("setu", "sandbox", status=503, latency=0.05)
    credential = Setu("sandbox", clock=clock.clock)

    errors = call_in_threads(CALLERS, lambda: error_raised_by(credential.token))

    assert {type(error) for error in errors} == {Unavailable}
    assert (
        len({id(error) for error in errors}) == len({id(error.__traceback__) for error in errors}) == CALLERS
    )
    assert all(error.__cause__ is error.__context__ is None for error in errors)
    assert emulator.count("setu") == 2


def test_changing_one_caller_s_error_does_not_change_another_s(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("setu", "sandbox", status=503)
    credential = Setu("sandbox", clock=clock.clock)
    first = error_raised_by(lambda: runner.token(credential))
    first.add_note("fake note of the first caller")
    vars(first)["reason"] = "fake"

    second = error_raised_by(lambda: runner.token(credential))

    assert not hasattr(second, "__notes__")
    assert "the provider failed" in str(second)
    assert not any(value is first for value in frame_locals(second))


def test_the_back_off_doubles_from_a_second_to_a_minute(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("setu", "sandbox", status=503)
    credential = Setu("sandbox", clock=clock.clock)
    back_offs = []
    for _ in range(9):
        with pytest.raises(Unavailable) as caught:
            runner.token(credential)
        assert caught.value.retry_at is not None
        back_offs.append(round(caught.value.retry_at - clock.now))
        clock.now = caught.value.retry_at

    assert back_offs == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert emulator.count("setu") == 18


@pytest.mark.parametrize("status", [403, 404])
def test_an_html_page_of_a_firewall_is_an_outage_and_not_a_rejection(
    status: int, emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("setu", "sandbox", times=10, status=status, body="<html>fake firewall</html>")
    credential = Setu("sandbox", clock=clock.clock)
    for _ in range(10):
        with pytest.raises(Unavailable, match="an HTML page instead of the provider's JSON") as caught:
            runner.token(credential)
        assert caught.value.status == status
        clock.advance(61)  # the longest back-off

    assert runner.token(credential).value
    assert emulator.count("setu") == 11


def test_a_refused_connection_is_retried_once(
    clean_environment: None, clock: FakeClock, runner: Runner
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # but do not listen
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        credential = Setu("sandbox", client_id="fake", secret="fake", base_url=url, clock=clock.clock)

        with pytest.raises(Unavailable, match="connection refused"):
            runner.token(credential)

    assert len(clock.sleeps) == 1  # one retry


def test_a_slow_token_endpoint_does_not_block_the_event_loop(
    emulator: Emulator, clock: FakeClock, paused_responses: PausedResponses
) -> None:
    credential = Setu("sandbox", clock=clock.clock)

    async def count_loop_steps() -> int:
        waiter, steps = asyncio.create_task(credential.atoken()), 0
        while not paused_responses.request_arrived.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)
            steps += not waiter.done()
        paused_responses.resume()  # called on the loop: if it were blocked, there would be no response
        assert (await waiter).value
        return steps

    assert asyncio.run(count_loop_steps()) == 1000
    assert emulator.count("setu") == 1


def test_a_waiter_gets_an_error_at_its_timeout_and_the_next_one_at_once(
    mock_provider: MockProvider, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepass._flight.GRACE", 0.02)

    def requests_with(timeout: float) -> int:
        resumed = threading.Event()

        def slow(_request: httpx.Request) -> Any:
            resumed.wait(HANG_TIMEOUT)
            return mock_provider.example_response(Setu)

        credential = mock_provider.credential(Setu, slow, timeout=timeout)
        try:
            for _ in range(2):  # the second time the cached failure is raised without waiting
                with pytest.raises(Unavailable, match="no token within"):
                    runner.token(credential)
        finally:
            resumed.set()
        wait_for_background_refreshes()
        return len(mock_provider.requests)

    counts = map(requests_with, (0.05, 1.0, 10.0))  # a slow machine may need longer to send a request
    assert next(filter(None, counts)) == 1


def test_a_hanging_vault_costs_each_caller_no_more_than_its_timeout(
    emulator: Emulator, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepass._flight.GRACE", 0.05)
    resumed = threading.Event()

    def slow() -> str:
        resumed.wait(HANG_TIMEOUT)
        return emulator.variables()["SETU_SANDBOX_SECRET"]

    credential = Setu("sandbox", secret=slow, timeout=0.05)
    try:
        for _ in range(2):
            with pytest.raises(Unavailable, match="no token within"):
                runner.token(credential)
        assert emulator.count("setu") == 0
    finally:
        resumed.set()


def test_the_error_of_a_failing_vault_shows_no_secret(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    def broken() -> str:
        raise OSError("fake-vault-secret")

    with pytest.raises(Unavailable, match="OSError") as caught:
        runner.token(Setu("sandbox", secret=broken, clock=clock.clock))

    assert "fake-vault-secret" not in repr(caught.value)
    assert caught.value.__context__ is None
    assert emulator.count("setu") == 0


def test_an_unexpected_error_reaches_the_waiting_caller_without_a_secret(
    mock_provider: MockProvider, runner: Runner
) -> None:
    def vault() -> str:
        raise SystemExit("fake-hidden")

    with pytest.raises(GatepassError, match="unexpected SystemExit") as caught:
        runner.token(mock_provider.credential(Setu, secret=vault))

    assert "fake-hidden" not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_error_after_a_timeout_has_a_retry_time(
    mock_provider: MockProvider, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepass._flight.GRACE", 0.02)
    resumed = threading.Event()
    slow = mock_provider.credential(
        Setu, lambda _r: resumed.wait(HANG_TIMEOUT) and mock_provider.example_response(Setu), timeout=0.05
    )

    with pytest.raises(Unavailable, match="no token within") as caught:
        runner.token(slow)

    resumed.set()
    assert caught.value.retry_at is not None


def test_an_error_code_that_repeats_the_secret_is_not_shown(
    mock_provider: MockProvider, runner: Runner
) -> None:
    def echoing(request: httpx.Request) -> httpx.Response:
        secret = json.loads(request.content)["secret"]
        return httpx.Response(400, json={"error": {"code": secret, "traceID": "fake-trace"}})

    with pytest.raises(Rejected) as caught:
        runner.token(mock_provider.credential(Setu, echoing))

    assert (caught.value.code, caught.value.trace) == (None, "fake-trace")

"""A program has many credentials: the number of concurrent token requests is limited, and each is sent."""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import functools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Event, Sahamati, SahamatiUser, Setu, Unavailable
from gatepass._workers import DEFAULT_LIMIT
from gatepass_emulator import Emulator
from gatepass_emulator._faults import send_response

from ..helpers import FakeClock, MockProvider, PausedResponses, wait_for_background_refreshes
from ..timeouts import HANG_TIMEOUT, wait_for, wait_for_event

CREDENTIAL_COUNT = 1000


@pytest.fixture
def limit_of_one(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> None:
    monkeypatch.setenv("GATEPASS_MAX_CONCURRENT_REFRESHES", "1")


def worker_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("gatepass ")]


def test_1000_credentials_without_tokens_run_at_most_the_default_limit_of_requests_at_once(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, maximum, resumed = 0, 0, threading.Event()

    async def send(*response: Any) -> None:
        nonlocal running, maximum
        running += 1
        maximum = max(maximum, running)
        while not resumed.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0.001)
        await send_response(*response)
        running -= 1

    monkeypatch.setattr("gatepass_emulator._server.send_response", send)
    credentials = [Setu("sandbox") for _ in range(CREDENTIAL_COUNT)]

    async def all_at_once() -> tuple[int, list[Any]]:
        tasks = [asyncio.create_task(credential.atoken()) for credential in credentials]
        await asyncio.sleep(0)
        await asyncio.to_thread(wait_for, lambda: running >= DEFAULT_LIMIT)
        threads = len(worker_threads())
        resumed.set()
        return threads, await asyncio.gather(*tasks)

    threads, tokens = asyncio.run(all_at_once())

    assert threads == DEFAULT_LIMIT
    assert maximum == DEFAULT_LIMIT
    assert len({token.value for token in tokens}) == CREDENTIAL_COUNT
    wait_for(lambda: not worker_threads())


def test_threads_are_not_started_on_the_thread_of_the_event_loop(
    mock_provider: MockProvider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    starters: set[int] = set()
    start = threading.Thread.start

    def start_and_record(thread: threading.Thread) -> None:
        starters.add(threading.get_ident())
        start(thread)

    credentials = [mock_provider.credential(Setu) for _ in range(CREDENTIAL_COUNT)]

    async def refresh_all() -> int:
        await asyncio.gather(*(credential.atoken() for credential in credentials))
        clock.advance(0.85 * 1800)
        monkeypatch.setattr(threading.Thread, "start", start_and_record)
        for credential in credentials:
            await credential.atoken()
        return threading.get_ident()

    loop_thread = asyncio.run(refresh_all())
    wait_for_background_refreshes()

    assert starters
    assert loop_thread not in starters
    assert len(mock_provider.requests) == 2 * CREDENTIAL_COUNT


@pytest.mark.posix
def test_1000_credentials_with_256_file_descriptors(emulator: Emulator) -> None:
    program = f"""
import asyncio, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from gatepass import Setu
async def main():
    credentials = [Setu("sandbox", timeout=3000) for _ in range({CREDENTIAL_COUNT})]
    tokens = await asyncio.gather(*(credential.atoken() for credential in credentials))
    print(len(set(tokens)))
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == (f"{CREDENTIAL_COUNT}\n", "")
    assert emulator.count("setu") == CREDENTIAL_COUNT


def test_a_provider_that_hangs_does_not_delay_another(
    emulator: Emulator, paused_responses: PausedResponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(response: Any, fault: Any, scope: Any, *rest: Any) -> None:
        respond = paused_responses.send if scope["path"].startswith("/setu/sandbox/") else send_response
        await respond(response, fault, scope, *rest)

    monkeypatch.setenv("GATEPASS_MAX_CONCURRENT_REFRESHES", "2")
    monkeypatch.setattr("gatepass_emulator._server.send_response", send)
    with ThreadPoolExecutor(8) as callers:
        hanging = [callers.submit(Setu("sandbox").token) for _ in range(8)]
        wait_for_event(paused_responses.request_arrived)

        assert Decentro("sandbox").token().value
        assert Setu("production").token().value

        paused_responses.resume()
        assert len({caller.result().value for caller in hanging}) == 8


@pytest.fixture
def request_in_progress(
    limit_of_one: None, emulator: Emulator, paused_responses: PausedResponses
) -> Iterator[None]:
    """Keeps one token request in progress, which is the limit, until the test resumes responses."""
    first = Setu("sandbox")
    thread = threading.Thread(target=first.token)
    thread.start()
    wait_for_event(paused_responses.request_arrived)
    yield
    paused_responses.resume()
    thread.join()


@pytest.mark.usefixtures("request_in_progress")
def test_a_request_still_queued_at_its_deadline_is_not_sent(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    with pytest.raises(Unavailable, match=r"no token within 0\.01 s"):
        Setu("sandbox", timeout=0.01).token()

    paused_responses.resume()
    wait_for_background_refreshes()

    assert emulator.count("setu") == 1


@pytest.mark.usefixtures("request_in_progress")
def test_a_queued_request_whose_caller_was_cancelled_is_not_sent_after_its_deadline(
    emulator: Emulator, paused_responses: PausedResponses, clock: FakeClock
) -> None:
    credential = Setu("sandbox", clock=clock.clock, timeout=10)

    async def cancel_caller() -> None:
        caller = asyncio.create_task(credential.atoken())
        await asyncio.sleep(0)
        caller.cancel()

    asyncio.run(cancel_caller())
    clock.advance(10)
    paused_responses.resume()
    wait_for_background_refreshes()

    assert emulator.count("setu") == 1
    with pytest.raises(Unavailable, match="no token within 10 s"):
        credential.token()
    clock.advance(1)
    assert credential.token().value


@pytest.mark.usefixtures("limit_of_one")
def test_fetches_with_waiting_callers_run_before_background_refreshes(
    mock_provider: MockProvider, clock: FakeClock
) -> None:
    arrived, resumed = threading.Event(), threading.Event()

    def wait_for_resume(_request: httpx.Request) -> Any:
        arrived.set()
        wait_for_event(resumed)
        return mock_provider.example_response(Setu)

    stale = [mock_provider.credential(Setu, client_id=f"fake-stale-{number}") for number in range(3)]
    for credential in stale:
        credential.token()
    mock_provider.requests.clear()
    clock.advance(0.85 * 1800)
    new = mock_provider.credential(
        Setu, wait_for_resume, mock_provider.example_response(Setu), client_id="fake-new"
    )
    for credential in stale:
        credential.token()
    wait_for_event(arrived)

    async def fetch_new() -> None:
        caller = asyncio.create_task(new.atoken())
        await asyncio.sleep(0)
        resumed.set()
        await caller

    asyncio.run(fetch_new())
    wait_for_background_refreshes()

    names = [
        request.content.decode().partition('"clientID":"')[2].partition('"')[0]
        for request in mock_provider.requests
    ]
    assert names == ["fake-stale-0", "fake-new", "fake-stale-1", "fake-stale-2"]


@pytest.mark.usefixtures("limit_of_one")
def test_a_secret_function_may_fetch_a_token_of_the_same_provider(emulator: Emulator) -> None:
    user = SahamatiUser("sandbox")
    entity = Sahamati("sandbox", secret=lambda: user.read_secret("fake-aa-1").value)

    assert entity.token().value


@pytest.mark.usefixtures("limit_of_one")
def test_a_secret_function_may_wait_for_a_token_that_is_queued(emulator: Emulator) -> None:
    user, called, queued = SahamatiUser("sandbox"), threading.Event(), threading.Event()

    def secret() -> str:
        called.set()
        wait_for_event(queued)
        return asyncio.run(user.aread_secret("fake-aa-1")).value

    entity = Sahamati("sandbox", secret=secret)
    with ThreadPoolExecutor() as callers:
        caller = callers.submit(entity.token)
        wait_for_event(called)
        other = callers.submit(user.token)
        wait_for(lambda: user._cache._flight)
        queued.set()

        assert caller.result().value
        assert other.result().value
    assert emulator.count("sahamati") == 2


@pytest.mark.usefixtures("limit_of_one")
def test_a_hanging_secret_function_does_not_occupy_the_limit(emulator: Emulator, clock: FakeClock) -> None:
    called, ended = threading.Event(), threading.Event()

    def secret() -> str:
        called.set()
        ended.wait(HANG_TIMEOUT)
        return "fake-late"

    stuck = Setu("sandbox", secret=secret, clock=clock.clock, timeout=10)

    async def cancel_caller() -> None:
        caller = asyncio.create_task(stuck.atoken())
        await asyncio.to_thread(wait_for_event, called)
        caller.cancel()

    asyncio.run(cancel_caller())
    clock.advance(12)
    try:
        assert Setu("sandbox", clock=clock.clock).token().value
    finally:
        ended.set()
        wait_for_background_refreshes()


@pytest.mark.usefixtures("request_in_progress")
def test_context_variables_set_by_a_secret_function_do_not_leak_to_the_next(
    paused_responses: PausedResponses,
) -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="none")
    values: list[str] = []

    def secret(name: str) -> str:
        values.append(tenant.get())
        tenant.set(name)
        return os.environ["SETU_SANDBOX_SECRET"]

    async def all_at_once() -> None:
        secrets = [functools.partial(secret, f"fake-{number}") for number in range(8)]
        tasks = [asyncio.create_task(Setu("sandbox", secret=secret).atoken()) for secret in secrets]
        await asyncio.sleep(0)
        paused_responses.resume()
        await asyncio.gather(*tasks)

    asyncio.run(all_at_once())

    assert values == ["none"] * 8


@pytest.mark.usefixtures("limit_of_one")
def test_system_exit_in_a_listener_does_not_end_later_fetches(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    def exit_when_issued(event: Event) -> None:
        if event.kind == "issued":
            raise SystemExit

    async def all_at_once() -> None:
        tasks = [asyncio.create_task(Setu("sandbox", on_event=exit_when_issued).atoken()) for _ in range(4)]
        await asyncio.sleep(0)
        paused_responses.resume()
        await asyncio.gather(*tasks)

    asyncio.run(all_at_once())

    assert emulator.count("setu") == 4


def test_if_only_one_thread_can_be_started_it_runs_every_fetch(
    emulator: Emulator, paused_responses: PausedResponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, allowed, threads = _thread.start_new_thread, [None], set[str]()

    def start_only_one(*args: Any) -> int:
        if not allowed:
            raise RuntimeError("can't start new thread")
        allowed.pop()
        return start(*args)

    def secret() -> str:
        threads.add(threading.current_thread().name)
        return os.environ["SETU_SANDBOX_SECRET"]

    monkeypatch.setattr(_thread, "start_new_thread", start_only_one)

    async def all_at_once() -> None:
        tasks = [asyncio.create_task(Setu("sandbox", secret=secret).atoken()) for _ in range(20)]
        await asyncio.sleep(0)
        paused_responses.resume()
        await asyncio.gather(*tasks)

    asyncio.run(all_at_once())

    assert emulator.count("setu") == 20
    assert threads == {"gatepass setu sandbox"}


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "many", "1001", "9" * 5000, "٣"])
def test_an_invalid_limit_is_a_config_error(
    value: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_MAX_CONCURRENT_REFRESHES", value)

    with pytest.raises(ConfigError, match="MAX_CONCURRENT_REFRESHES must be a whole number from 1 to 1000"):
        Setu("sandbox")

"""Threads, tasks and event loops need a token at the same moment: they share one token request."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import trio

from gatepass import Setu, Token, TokenError
from gatepass_emulator import Emulator

from ..helpers import (
    CALLERS,
    TLS_CONTEXT,
    FakeClock,
    MockProvider,
    call_in_threads,
    tokens_of_asyncio_tasks,
    tokens_of_trio_tasks,
)
from ..timeouts import HANG_TIMEOUT


@pytest.fixture
def slow(emulator: Emulator, credential_class: Any) -> Emulator:
    emulator.fault(credential_class.spec.provider, "sandbox", latency=0.03)
    return emulator


def test_64_threads_without_a_token_cost_one_token_request(
    slow: Emulator, credential_class: Any, clock: FakeClock
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)

    tokens = call_in_threads(CALLERS, credential.token)

    assert len({token.value for token in tokens}) == 1
    assert slow.count(credential_class.spec.provider) == 1


@pytest.mark.parametrize(
    "run",
    [
        lambda *arguments: asyncio.run(tokens_of_asyncio_tasks(*arguments)),
        lambda *arguments: trio.run(tokens_of_trio_tasks, *arguments),
    ],
    ids=["asyncio", "trio"],
)
def test_64_tasks_without_a_token_cost_one_token_request(
    slow: Emulator, credential_class: Any, clock: FakeClock, run: Callable[[int, Any], list[Token]]
) -> None:
    tokens = run(CALLERS, credential_class("sandbox", clock=clock.clock))

    assert len({token.value for token in tokens}) == 1
    assert slow.count(credential_class.spec.provider) == 1


def test_threads_and_three_event_loops_without_a_token_cost_one_token_request(
    slow: Emulator, credential_class: Any, clock: FakeClock
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)
    calls: list[Callable[[], list[Token]]] = [
        lambda: asyncio.run(tokens_of_asyncio_tasks(CALLERS, credential)),
        lambda: asyncio.run(tokens_of_asyncio_tasks(CALLERS, credential)),
        lambda: trio.run(tokens_of_trio_tasks, CALLERS, credential),
    ]
    calls += [lambda: [credential.token()]] * CALLERS
    remaining = iter(calls)
    lock = threading.Lock()

    def next_call() -> list[Token]:
        with lock:
            call = next(remaining)
        return call()

    results = call_in_threads(len(calls), next_call)

    tokens = [token for result in results for token in result]
    assert len(tokens) == 4 * CALLERS
    assert len({token.value for token in tokens}) == 1
    assert slow.count(credential_class.spec.provider) == 1


def test_64_threads_with_an_expired_token_cost_one_more_token_request(
    emulator: Emulator, clock: FakeClock
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    credential.token()
    emulator.fault("setu", "sandbox", latency=0.05)
    clock.advance(1800)

    tokens = call_in_threads(CALLERS, credential.token)

    assert len({token.value for token in tokens}) == 1
    assert emulator.count("setu") == 2


class LockAcquiredLater:
    """A lock that calls a function before it is acquired for the first time."""

    def __init__(self, lock: Any, meanwhile: Callable[[], object]) -> None:
        self.lock = lock
        self.meanwhile: Callable[[], object] | None = meanwhile

    def __enter__(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_a_caller_that_gets_the_lock_second_uses_the_cached_token(
    emulator: Emulator, clock: FakeClock
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    first: list[Token] = []
    lock = LockAcquiredLater(credential._cache._lock, lambda: first.append(credential.token()))
    credential._cache._lock = lock  # type: ignore[assignment]

    assert [credential.token()] == first
    assert emulator.count("setu") == 1


def test_64_api_requests_through_one_client_cost_one_token_request(
    emulator: Emulator, clock: FakeClock
) -> None:
    credential = Setu("sandbox", clock=clock.clock)

    async def send_requests() -> set[int]:
        async with httpx.AsyncClient(
            auth=credential, base_url=credential.base_url, verify=TLS_CONTEXT
        ) as client:
            responses = await asyncio.gather(*(client.get("/echo") for _ in range(CALLERS)))
        return {response.status_code for response in responses}

    assert asyncio.run(send_requests()) == {200}
    assert emulator.count("setu") == 1


def test_a_sync_call_on_the_thread_of_an_event_loop_does_not_deadlock(emulator: Emulator) -> None:
    credential = Setu("sandbox")

    async def on_the_loop() -> tuple[Token, Token]:
        waiter = asyncio.create_task(credential.atoken())
        await asyncio.sleep(0)
        return credential.token(), await waiter

    first, second = asyncio.run(on_the_loop())

    assert first == second
    assert emulator.count("setu") == 1


def test_one_credential_works_in_several_event_loops_one_after_another(
    emulator: Emulator, clock: FakeClock
) -> None:
    credential = Setu("sandbox", clock=clock.clock)

    for _ in range(2):
        assert asyncio.run(credential.atoken()).value
        assert trio.run(credential.atoken).value
        clock.advance(1800)

    assert emulator.count("setu") == 2


def test_two_accounts_never_get_each_other_s_token(mock_provider: MockProvider) -> None:
    def token_of_account(request: httpx.Request) -> Any:
        body = mock_provider.example_response(Setu)
        body["data"]["token"] = "token-of-" + request.read().decode().split('"clientID":"')[1].split('"')[0]
        return body

    tenants = {
        name: mock_provider.credential(Setu, token_of_account, client_id=name)
        for name in ("fake-one", "fake-two")
    }

    tokens = call_in_threads(
        CALLERS, lambda: [(name, tenant.token().value) for name, tenant in tenants.items()]
    )

    assert {pair for pairs in tokens for pair in pairs} == {
        ("fake-one", "token-of-fake-one"),
        ("fake-two", "token-of-fake-two"),
    }
    assert len(mock_provider.requests) == 2


def test_no_lock_is_held_during_a_token_request(mock_provider: MockProvider, clock: FakeClock) -> None:
    arrived, resumed = threading.Event(), threading.Event()

    def slow(_request: httpx.Request) -> Any:
        arrived.set()
        resumed.wait(HANG_TIMEOUT)
        return mock_provider.example_response(Setu)

    credential = mock_provider.credential(Setu, mock_provider.example_response(Setu), slow)
    first = credential.token()
    clock.advance(0.85 * 1800)
    credential.token()
    assert arrived.wait(HANG_TIMEOUT)

    assert {token.value for token in call_in_threads(8, credential.token)} == {first.value}
    credential.invalidate(Token("fake-other", 0))
    repr(credential)
    resumed.set()

    assert len(mock_provider.requests) == 2


def test_token_requests_of_one_credential_never_overlap(
    mock_provider: MockProvider, clock: FakeClock
) -> None:
    running, maximum, lock = 0, 0, threading.Lock()

    def provider(_request: httpx.Request) -> Any:
        nonlocal running, maximum
        with lock:
            running += 1
            maximum = max(maximum, running)
        threading.Event().wait(0.002)
        with lock:
            running -= 1
        return httpx.Response(503) if rng.random() < 0.2 else mock_provider.example_response(Setu)

    rng = random.Random(5)
    credential = mock_provider.credential(Setu, provider)

    def caller() -> None:
        for _ in range(30):
            try:
                token = credential.token()
                if rng.random() < 0.2:
                    credential.invalidate(token)
            except TokenError:
                credential.invalidate()
            clock.advance(rng.random())

    call_in_threads(16, caller)

    assert maximum == 1
    assert len(mock_provider.requests) > 10


def test_a_cached_token_needs_no_lock_no_thread_and_no_await(
    emulator: Emulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    request = httpx.Request("GET", credential.base_url)
    token = credential.token()
    next(credential.sync_auth_flow(request))
    monkeypatch.setattr(credential._cache, "_lock", None)
    monkeypatch.setattr(threading, "Thread", None)

    assert credential.token() is token
    with pytest.raises(StopIteration) as at_once:
        credential.atoken().send(None)
    assert at_once.value.value is token
    next(credential.sync_auth_flow(request))
    with pytest.raises(StopIteration):
        credential.async_auth_flow(request).__anext__().send(None)
    assert emulator.count("setu") == 1


def test_returning_a_cached_token_is_a_single_function_call(emulator: Emulator) -> None:
    credential = Setu("sandbox")
    credential.token()
    called: list[str] = []
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name) if event == "call" else None)
    try:
        credential.token()
    finally:
        sys.setprofile(None)

    assert called == ["token"]
    assert emulator.count("setu") == 1

"""Many callers want a token at the same moment: one token request, whoever they are."""

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

from ..conftest import TLS, Time, Wire
from ..patience import PATIENCE
from .crowd import CROWD, in_tasks, in_threads, in_trio_tasks


@pytest.fixture
def slow(emulator: Emulator, cls: Any) -> Emulator:
    emulator.fault(cls.facts.provider, "sandbox", latency=0.03)
    return emulator


def test_64_threads_cold(slow: Emulator, cls: Any, time: Time) -> None:
    credential = cls("sandbox", clock=time.clock)

    tokens = in_threads(CROWD, credential.token)

    assert len({token.value for token in tokens}) == 1
    assert slow.count(cls.facts.provider) == 1


@pytest.mark.parametrize(
    "run",
    [lambda *crowd: asyncio.run(in_tasks(*crowd)), lambda *crowd: trio.run(in_trio_tasks, *crowd)],
    ids=["asyncio", "trio"],
)
def test_64_tasks_cold(slow: Emulator, cls: Any, time: Time, run: Callable[[int, Any], list[Token]]) -> None:
    tokens = run(CROWD, cls("sandbox", clock=time.clock))

    assert len({token.value for token in tokens}) == 1
    assert slow.count(cls.facts.provider) == 1


def test_threads_and_two_loops_mixed_cold(slow: Emulator, cls: Any, time: Time) -> None:
    credential = cls("sandbox", clock=time.clock)
    calls: list[Callable[[], list[Token]]] = [
        lambda: asyncio.run(in_tasks(CROWD, credential)),
        lambda: asyncio.run(in_tasks(CROWD, credential)),
        lambda: trio.run(in_trio_tasks, CROWD, credential),
    ]
    calls += [lambda: [credential.token()]] * CROWD
    remaining = iter(calls)
    lock = threading.Lock()

    def next_call() -> list[Token]:
        with lock:
            call = next(remaining)
        return call()

    results = in_threads(len(calls), next_call)

    tokens = [token for result in results for token in result]
    assert len(tokens) == 4 * CROWD
    assert len({token.value for token in tokens}) == 1
    assert slow.count(cls.facts.provider) == 1


def test_64_threads_whose_token_has_just_expired(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", clock=time.clock)
    credential.token()
    emulator.fault("setu", "sandbox", latency=0.05)
    time.pass_(1800)

    tokens = in_threads(CROWD, credential.token)

    assert len({token.value for token in tokens}) == 1
    assert emulator.count("setu") == 2


class Overtaken:
    """A lock before which somebody else does a whole piece of work."""

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


def test_who_comes_second_to_the_lock_looks_again(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first: list[Token] = []
    overtaken = Overtaken(credential._renewal._lock, lambda: first.append(credential.token()))
    credential._renewal._lock = overtaken  # type: ignore[assignment]

    assert [credential.token()] == first
    assert emulator.count("setu") == 1


def test_64_requests_through_one_client(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", clock=time.clock)

    async def crowd() -> set[int]:
        async with httpx.AsyncClient(auth=credential, base_url=credential.base_url, verify=TLS) as client:
            replies = await asyncio.gather(*(client.get("/echo") for _ in range(CROWD)))
        return {reply.status_code for reply in replies}

    assert asyncio.run(crowd()) == {200}
    assert emulator.count("setu") == 1


def test_a_sync_call_on_the_thread_of_a_loop_does_not_deadlock(emulator: Emulator) -> None:
    credential = Setu("sandbox")

    async def on_the_loop() -> tuple[Token, Token]:
        waiter = asyncio.create_task(credential.atoken())
        await asyncio.sleep(0)
        return credential.token(), await waiter

    first, second = asyncio.run(on_the_loop())

    assert first == second
    assert emulator.count("setu") == 1


def test_a_second_event_loop(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", clock=time.clock)

    for _ in range(2):
        assert asyncio.run(credential.atoken()).value
        assert trio.run(credential.atoken).value
        time.pass_(1800)

    assert emulator.count("setu") == 2


def test_two_accounts_at_once_never_get_each_other_s_token(wire: Wire) -> None:
    def named(request: httpx.Request) -> Any:
        reply = wire.reply(Setu)
        reply["data"]["token"] = "token-of-" + request.read().decode().split('"clientID":"')[1].split('"')[0]
        return reply

    tenants = {name: wire.credential(Setu, named, client_id=name) for name in ("fake-one", "fake-two")}

    tokens = in_threads(CROWD, lambda: [(name, one.token().value) for name, one in tenants.items()])

    assert {pair for each in tokens for pair in each} == {
        ("fake-one", "token-of-fake-one"),
        ("fake-two", "token-of-fake-two"),
    }
    assert len(wire.requests) == 2


def test_nothing_is_locked_while_the_provider_takes_its_time(wire: Wire, time: Time) -> None:
    asked, answers = threading.Event(), threading.Event()

    def slow(_request: httpx.Request) -> Any:
        asked.set()
        answers.wait(PATIENCE)
        return wire.reply(Setu)

    credential = wire.credential(Setu, wire.reply(Setu), slow)
    first = credential.token()
    time.pass_(0.85 * 1800)
    credential.token()
    assert asked.wait(PATIENCE)

    assert {token.value for token in in_threads(8, credential.token)} == {first.value}
    credential.forget(Token("fake-other", 0))
    repr(credential)
    answers.set()

    assert len(wire.requests) == 2


def test_whatever_happens_no_two_token_calls_are_under_way_at_once(wire: Wire, time: Time) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def provider(_request: httpx.Request) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        threading.Event().wait(0.002)
        with lock:
            under_way -= 1
        return httpx.Response(503) if dice.random() < 0.2 else wire.reply(Setu)

    dice = random.Random(5)
    credential = wire.credential(Setu, provider)

    def caller() -> None:
        for _ in range(30):
            try:
                token = credential.token()
                if dice.random() < 0.2:
                    credential.forget(token)
            except TokenError:
                credential.forget()
            time.pass_(dice.random())

    in_threads(16, caller)

    assert most == 1
    assert len(wire.requests) > 10


def test_a_token_at_hand_costs_no_lock_no_thread_and_no_await(
    emulator: Emulator, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = Setu("sandbox", clock=time.clock)
    request = httpx.Request("GET", credential.base_url)
    token = credential.token()
    next(credential.sync_auth_flow(request))
    monkeypatch.setattr(credential._renewal, "_lock", None)
    monkeypatch.setattr(threading, "Thread", None)

    assert credential.token() is token
    with pytest.raises(StopIteration) as at_once:
        credential.atoken().send(None)
    assert at_once.value.value is token
    next(credential.sync_auth_flow(request))
    with pytest.raises(StopIteration):
        credential.async_auth_flow(request).__anext__().send(None)
    assert emulator.count("setu") == 1


def test_a_token_at_hand_costs_four_calls_of_functions(emulator: Emulator) -> None:
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

"""A program has many credentials: their requests are bounded, and each gets its turn."""

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
from gatepass_emulator._faults import send_reply

from ..conftest import Gate, Time, Wire
from ..patience import PATIENCE, wait_for, wait_for_event
from .crowd import settle

MANY = 1000


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch, no_variables: None) -> None:
    monkeypatch.setenv("GATEPASS_MAX_CONCURRENT_REFRESHES", "1")


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("gatepass ")]


def test_1000_cold_credentials_in_one_loop(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most, opened = 0, 0, threading.Event()

    async def send(*response: Any) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        while not opened.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0.001)
        await send_reply(*response)
        under_way -= 1

    monkeypatch.setattr("gatepass_emulator._server.send_reply", send)
    credentials = [Setu("sandbox") for _ in range(MANY)]

    async def all_at_once() -> tuple[int, list[Any]]:
        tasks = [asyncio.create_task(credential.atoken()) for credential in credentials]
        await asyncio.sleep(0)
        await asyncio.to_thread(wait_for, lambda: under_way >= DEFAULT_LIMIT)
        threads = len(workers())
        opened.set()
        return threads, await asyncio.gather(*tasks)

    threads, tokens = asyncio.run(all_at_once())

    assert threads == DEFAULT_LIMIT
    assert most == DEFAULT_LIMIT
    assert len({token.value for token in tokens}) == MANY
    wait_for(lambda: not workers())


def test_the_loop_does_not_wait_for_a_thread_to_start(
    wire: Wire, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    starters: set[int] = set()
    start = threading.Thread.start

    def traced(thread: threading.Thread) -> None:
        starters.add(threading.get_ident())
        start(thread)

    credentials = [wire.credential(Setu) for _ in range(MANY)]

    async def refresh_all() -> int:
        await asyncio.gather(*(credential.atoken() for credential in credentials))
        time.pass_(0.85 * 1800)
        monkeypatch.setattr(threading.Thread, "start", traced)
        for credential in credentials:
            await credential.atoken()
        return threading.get_ident()

    loop_thread = asyncio.run(refresh_all())
    settle()

    assert starters
    assert loop_thread not in starters
    assert len(wire.requests) == 2 * MANY


def test_1000_credentials_with_256_file_descriptors(emulator: Emulator) -> None:
    program = f"""
import asyncio, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from gatepass import Setu
async def main():
    tokens = await asyncio.gather(*(Setu("sandbox", timeout=3000).atoken() for _ in range({MANY})))
    print(len(set(tokens)))
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == (f"{MANY}\n", "")
    assert emulator.count("setu") == MANY


def test_a_provider_that_hangs_does_not_delay_another(
    emulator: Emulator, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(reply: Any, fault: Any, scope: Any, *rest: Any) -> None:
        answer = gate.send if scope["path"].startswith("/setu/sandbox/") else send_reply
        await answer(reply, fault, scope, *rest)

    monkeypatch.setenv("GATEPASS_MAX_CONCURRENT_REFRESHES", "2")
    monkeypatch.setattr("gatepass_emulator._server.send_reply", send)
    with ThreadPoolExecutor(8) as callers:
        hanging = [callers.submit(Setu("sandbox").token) for _ in range(8)]
        wait_for_event(gate.arrived)

        assert Decentro("sandbox").token().value
        assert Setu("production").token().value

        gate.open()
        assert len({caller.result().value for caller in hanging}) == 8


@pytest.fixture
def busy(one_at_a_time: None, emulator: Emulator, gate: Gate) -> Iterator[None]:
    """The only request that may be under way is; when the test opens the gate, it gets its token."""
    first = Setu("sandbox")
    thread = threading.Thread(target=first.token)
    thread.start()
    wait_for_event(gate.arrived)
    yield
    gate.open()
    thread.join()


@pytest.mark.usefixtures("busy")
def test_a_turn_that_comes_after_the_deadline_sends_nothing(emulator: Emulator, gate: Gate) -> None:
    with pytest.raises(Unavailable, match=r"no token within 0\.01 s"):
        Setu("sandbox", timeout=0.01).token()

    gate.open()
    settle()

    assert emulator.count("setu") == 1


@pytest.mark.usefixtures("busy")
def test_a_turn_that_comes_after_its_caller_has_left_sends_nothing(
    emulator: Emulator, gate: Gate, time: Time
) -> None:
    credential = Setu("sandbox", clock=time.clock, timeout=10)

    async def leave() -> None:
        caller = asyncio.create_task(credential.atoken())
        await asyncio.sleep(0)
        caller.cancel()

    asyncio.run(leave())
    time.pass_(10)
    gate.open()
    settle()

    assert emulator.count("setu") == 1
    with pytest.raises(Unavailable, match="no token within 10 s"):
        credential.token()
    time.pass_(1)
    assert credential.token().value


@pytest.mark.usefixtures("one_at_a_time")
def test_who_is_waited_for_comes_before_who_is_refreshed_ahead(wire: Wire, time: Time) -> None:
    arrived, opened = threading.Event(), threading.Event()

    def hold(_request: httpx.Request) -> Any:
        arrived.set()
        wait_for_event(opened)
        return wire.reply(Setu)

    stale = [wire.credential(Setu, client_id=f"fake-stale-{number}") for number in range(3)]
    for credential in stale:
        credential.token()
    wire.requests.clear()
    time.pass_(0.85 * 1800)
    new = wire.credential(Setu, hold, wire.reply(Setu), client_id="fake-new")
    for credential in stale:
        credential.token()
    wait_for_event(arrived)

    async def want() -> None:
        caller = asyncio.create_task(new.atoken())
        await asyncio.sleep(0)
        opened.set()
        await caller

    asyncio.run(want())
    settle()

    names = [
        request.content.decode().partition('"clientID":"')[2].partition('"')[0] for request in wire.requests
    ]
    assert names == ["fake-stale-0", "fake-new", "fake-stale-1", "fake-stale-2"]


@pytest.mark.usefixtures("one_at_a_time")
def test_a_secret_that_needs_a_token_of_the_same_provider(emulator: Emulator) -> None:
    user = SahamatiUser("sandbox")
    entity = Sahamati("sandbox", secret=lambda: user.read_secret("fake-aa-1").value)

    assert entity.token().value


@pytest.mark.usefixtures("one_at_a_time")
def test_a_secret_that_needs_a_token_which_is_in_the_queue(emulator: Emulator) -> None:
    user, asked, queued = SahamatiUser("sandbox"), threading.Event(), threading.Event()

    def secret() -> str:
        asked.set()
        wait_for_event(queued)
        return asyncio.run(user.aread_secret("fake-aa-1")).value

    entity = Sahamati("sandbox", secret=secret)
    with ThreadPoolExecutor() as callers:
        caller = callers.submit(entity.token)
        wait_for_event(asked)
        other = callers.submit(user.token)
        wait_for(lambda: user._renewal._flight)
        queued.set()

        assert caller.result().value
        assert other.result().value
    assert emulator.count("sahamati") == 2


@pytest.mark.usefixtures("one_at_a_time")
def test_a_secret_that_never_comes_does_not_keep_its_place(emulator: Emulator, time: Time) -> None:
    asked, ended = threading.Event(), threading.Event()

    def secret() -> str:
        asked.set()
        ended.wait(PATIENCE)
        return "fake-late"

    stuck = Setu("sandbox", secret=secret, clock=time.clock, timeout=10)

    async def leave() -> None:
        caller = asyncio.create_task(stuck.atoken())
        await asyncio.to_thread(wait_for_event, asked)
        caller.cancel()

    asyncio.run(leave())
    time.pass_(12)
    try:
        assert Setu("sandbox", clock=time.clock).token().value
    finally:
        ended.set()
        settle()


@pytest.mark.usefixtures("busy")
def test_what_a_secret_function_sets_in_its_context_is_not_seen_by_the_next(gate: Gate) -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="none")
    found: list[str] = []

    def secret(name: str) -> str:
        found.append(tenant.get())
        tenant.set(name)
        return os.environ["SETU_SANDBOX_SECRET"]

    async def all_at_once() -> None:
        secrets = [functools.partial(secret, f"fake-{number}") for number in range(8)]
        tasks = [asyncio.create_task(Setu("sandbox", secret=secret).atoken()) for secret in secrets]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(*tasks)

    asyncio.run(all_at_once())

    assert found == ["none"] * 8


@pytest.mark.usefixtures("one_at_a_time")
def test_a_listener_that_exits_does_not_end_the_refreshes_after_it(emulator: Emulator, gate: Gate) -> None:
    def leave(event: Event) -> None:
        if event.kind == "minted":
            raise SystemExit

    async def all_at_once() -> None:
        tasks = [asyncio.create_task(Setu("sandbox", on_event=leave).atoken()) for _ in range(4)]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(*tasks)

    asyncio.run(all_at_once())

    assert emulator.count("setu") == 4


def test_where_a_single_thread_can_be_started_it_does_all(
    emulator: Emulator, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, left, seen = _thread.start_new_thread, [None], set[str]()

    def scarce(*args: Any) -> int:
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        return start(*args)

    def secret() -> str:
        seen.add(threading.current_thread().name)
        return os.environ["SETU_SANDBOX_SECRET"]

    monkeypatch.setattr(_thread, "start_new_thread", scarce)

    async def all_at_once() -> None:
        tasks = [asyncio.create_task(Setu("sandbox", secret=secret).atoken()) for _ in range(20)]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(*tasks)

    asyncio.run(all_at_once())

    assert emulator.count("setu") == 20
    assert seen == {"gatepass setu sandbox"}


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "many", "1001", "9" * 5000, "٣"])
def test_a_limit_that_is_no_limit(value: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPASS_MAX_CONCURRENT_REFRESHES", value)

    with pytest.raises(ConfigError, match="MAX_CONCURRENT_REFRESHES must be a whole number from 1 to 1000"):
        Setu("sandbox")

"""Many callers, no token yet: one token request, whoever they are."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gatepass import Setu, Token
from gatepass_emulator import Emulator

from ..conftest import Time

CROWD = 64


@pytest.fixture
def slow(emulator: Emulator, cls: Any) -> Emulator:
    emulator.fault(cls.facts.provider, "sandbox", latency=0.05)
    return emulator


def in_threads(count: int, call: Callable[[], Any]) -> list[Any]:
    """Call from so many threads that all start at the same moment."""
    gate = threading.Barrier(count)

    def one() -> Any:
        gate.wait()
        return call()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]


async def in_tasks(count: int, credential: Any) -> list[Token]:
    return list(await asyncio.gather(*(credential.atoken() for _ in range(count))))


def test_64_threads_cold(slow: Emulator, cls: Any, time: Time) -> None:
    credential = cls("sandbox", clock=time.clock)

    tokens = in_threads(CROWD, credential.token)

    assert len({token.value for token in tokens}) == 1
    assert slow.count(cls.facts.provider) == 1


def test_64_tasks_cold(slow: Emulator, cls: Any, time: Time) -> None:
    credential = cls("sandbox", clock=time.clock)

    tokens = asyncio.run(in_tasks(CROWD, credential))

    assert len({token.value for token in tokens}) == 1
    assert slow.count(cls.facts.provider) == 1


def test_threads_and_two_loops_mixed_cold(slow: Emulator, cls: Any, time: Time) -> None:
    credential = cls("sandbox", clock=time.clock)
    calls: list[Callable[[], list[Token]]] = [lambda: asyncio.run(in_tasks(CROWD, credential))] * 2
    calls += [lambda: [credential.token()]] * CROWD
    remaining = iter(calls)
    lock = threading.Lock()

    def next_call() -> list[Token]:
        with lock:
            call = next(remaining)
        return call()

    results = in_threads(len(calls), next_call)

    tokens = [token for result in results for token in result]
    assert len(tokens) == 3 * CROWD
    assert len({token.value for token in tokens}) == 1
    assert slow.count(cls.facts.provider) == 1


def test_a_sync_call_on_the_thread_of_a_loop_does_not_deadlock(emulator: Emulator) -> None:
    credential = Setu("sandbox", timeout=5)

    async def on_the_loop() -> tuple[Token, Token]:
        waiter = asyncio.create_task(credential.atoken())
        await asyncio.sleep(0)
        return credential.token(), await waiter

    first, second = asyncio.run(on_the_loop())

    assert first == second
    assert emulator.count("setu") == 1


def test_a_cancelled_waiter_cancels_only_itself(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", latency=0.1)
    credential = Setu("sandbox")

    async def first_of_eight_gives_up() -> list[Any]:
        tasks = [asyncio.create_task(credential.atoken()) for _ in range(8)]
        await asyncio.sleep(0.02)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    cancelled, *served = asyncio.run(first_of_eight_gives_up())

    assert isinstance(cancelled, asyncio.CancelledError)
    assert len({token.value for token in served}) == 1
    assert emulator.count("setu") == 1


def test_a_loop_that_closes_in_mid_flight_harms_nobody(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", latency=0.1)
    credential = Setu("sandbox")

    async def leave_early() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(credential.atoken(), 0.02)

    asyncio.run(leave_early())

    assert credential.token().value
    assert emulator.count("setu") == 1


def test_the_next_loop_works_as_well_as_the_first(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", clock=time.clock)

    for _ in range(2):
        assert asyncio.run(credential.atoken()).value
        time.pass_(1800)

    assert emulator.count("setu") == 2

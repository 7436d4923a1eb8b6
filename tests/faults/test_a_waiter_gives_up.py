"""A waiter gives up: it is cancelled, interrupted or out of time; nobody else notices."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import Any

import httpx
import pytest
import trio

from gatepass import Setu
from gatepass_emulator import Emulator

from ..conftest import TLS
from .crowd import in_tasks, settle


@pytest.fixture
def arrived(emulator: Emulator) -> threading.Event:
    """Set when the one token call has arrived, which is answered a little later."""
    event = threading.Event()
    emulator.fault("setu", "sandbox", latency=0.1)
    emulator.listen(lambda _call: event.set())
    return event


async def until(event: threading.Event) -> None:
    await asyncio.to_thread(event.wait, 5)


def test_first_of_8_waiters_cancelled(emulator: Emulator, arrived: threading.Event) -> None:
    credential = Setu("sandbox")

    async def first_of_eight_gives_up() -> list[Any]:
        tasks = [asyncio.create_task(credential.atoken()) for _ in range(8)]
        await until(arrived)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    cancelled, *served = asyncio.run(first_of_eight_gives_up())

    assert isinstance(cancelled, asyncio.CancelledError)
    assert len({token.value for token in served}) == 1
    assert emulator.count("setu") == 1


def test_all_waiters_are_cancelled_and_the_token_is_kept(
    emulator: Emulator, arrived: threading.Event
) -> None:
    credential = Setu("sandbox")

    async def everybody_gives_up() -> None:
        tasks = [asyncio.create_task(credential.atoken()) for _ in range(8)]
        await until(arrived)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(everybody_gives_up())
    settle()

    assert asyncio.run(credential.atoken()).value
    assert emulator.count("setu") == 1


def test_one_of_8_trio_tasks_gives_up(emulator: Emulator, arrived: threading.Event) -> None:
    credential, tokens = Setu("sandbox"), []

    async def wait() -> None:
        tokens.append(await credential.atoken())

    async def first_of_eight_gives_up() -> bool:
        async with trio.open_nursery() as nursery:
            for _ in range(7):
                nursery.start_soon(wait)
            with trio.move_on_after(0.01) as scope:
                await credential.atoken()
        return scope.cancelled_caught

    assert trio.run(first_of_eight_gives_up)
    assert len(tokens) == 7
    assert emulator.count("setu") == 1


def test_a_waiter_has_a_timeout_of_its_own(emulator: Emulator, arrived: threading.Event) -> None:
    credential = Setu("sandbox")

    async def impatient() -> None:
        crowd = asyncio.create_task(in_tasks(7, credential))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await credential.atoken()
        assert len(set(await crowd)) == 1

    asyncio.run(impatient())

    assert emulator.count("setu") == 1


def test_a_request_is_cancelled_before_it_has_its_token(emulator: Emulator, arrived: threading.Event) -> None:
    credential = Setu("sandbox")

    async def cancelled() -> int:
        async with httpx.AsyncClient(auth=credential, base_url=credential.base_url, verify=TLS) as client:
            request = asyncio.create_task(client.get("/echo"))
            await until(arrived)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            return (await client.get("/echo")).status_code

    assert asyncio.run(cancelled()) == 200
    assert (emulator.count("setu"), emulator.count("setu", kind="echo")) == (1, 1)


def test_a_loop_closes_in_mid_flight(emulator: Emulator, arrived: threading.Event) -> None:
    credential = Setu("sandbox")

    async def leave_early() -> None:
        waiter = asyncio.create_task(credential.atoken())
        await until(arrived)
        waiter.cancel()

    asyncio.run(leave_early())
    with pytest.raises(trio.TooSlowError):
        trio.run(in_a_hurry, credential)

    assert credential.token().value
    assert emulator.count("setu") == 1


async def in_a_hurry(credential: Setu) -> None:
    with trio.fail_after(0.001):
        await credential.atoken()


def test_a_loop_is_closed_without_its_tasks_being_cancelled(
    emulator: Emulator, arrived: threading.Event
) -> None:
    credential, loop = Setu("sandbox"), asyncio.new_event_loop()
    waiter = credential.atoken()
    loop.create_task(waiter)
    loop.run_until_complete(until(arrived))
    loop.close()
    settle()

    assert credential.token().value
    assert emulator.count("setu") == 1
    waiter.close()


def test_ctrl_c_in_a_waiter(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", latency=0.1)
    emulator.listen(lambda _call: os.kill(os.getpid(), signal.SIGINT))
    credential = Setu("sandbox")

    with pytest.raises(KeyboardInterrupt):
        credential.token()

    emulator.listen(lambda _call: None)
    assert credential.token().value
    assert emulator.count("setu") == 1


def test_ctrl_c_in_an_event_loop(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", latency=0.1)
    emulator.listen(lambda _call: os.kill(os.getpid(), signal.SIGINT))
    credential = Setu("sandbox")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(credential.atoken())

    emulator.listen(lambda _call: None)
    assert asyncio.run(credential.atoken()).value
    assert emulator.count("setu") == 1


def test_ctrl_c_before_the_renewal_has_begun(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    credential = Setu("sandbox", timeout=0.5)

    def ctrl_c(_thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as now:
        now.setattr(threading.Thread, "start", ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            credential.token()

    assert credential.token().value
    assert emulator.count("setu") == 1

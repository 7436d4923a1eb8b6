"""A waiter gives up: it is cancelled, interrupted or out of time; nobody else notices."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from gatepass import Setu
from gatepass_emulator import Emulator

from ..conftest import TLS, Gate
from ..patience import wait_for, wait_for_event
from .crowd import in_tasks, settle


async def until(event: threading.Event) -> None:
    await asyncio.to_thread(wait_for_event, event)


def test_first_of_8_waiters_cancelled(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    async def first_of_eight_gives_up() -> list[Any]:
        tasks = [asyncio.create_task(credential.atoken()) for _ in range(8)]
        await until(gate.arrived)
        tasks[0].cancel()
        gate.open()
        return await asyncio.gather(*tasks, return_exceptions=True)

    cancelled, *served = asyncio.run(first_of_eight_gives_up())

    assert isinstance(cancelled, asyncio.CancelledError)
    assert len({token.value for token in served}) == 1
    assert emulator.count("setu") == 1


def test_all_waiters_are_cancelled_and_the_token_is_kept(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    async def everybody_gives_up() -> None:
        tasks = [asyncio.create_task(credential.atoken()) for _ in range(8)]
        await until(gate.arrived)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(everybody_gives_up())
    gate.open()
    settle()

    assert asyncio.run(credential.atoken()).value
    assert emulator.count("setu") == 1


def test_one_of_8_trio_tasks_gives_up(emulator: Emulator, gate: Gate) -> None:
    credential, tokens = Setu("sandbox"), []

    async def wait() -> None:
        tokens.append(await credential.atoken())

    async def first_of_eight_gives_up() -> bool:
        async with trio.open_nursery() as nursery:
            for _ in range(7):
                nursery.start_soon(wait)
            with trio.move_on_after(0.01) as scope:
                await credential.atoken()
            gate.open()
        return scope.cancelled_caught

    assert trio.run(first_of_eight_gives_up)
    assert len(tokens) == 7
    assert emulator.count("setu") == 1


def test_a_waiter_has_a_timeout_of_its_own(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    async def impatient() -> None:
        crowd = asyncio.create_task(in_tasks(7, credential))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await credential.atoken()
        gate.open()
        assert len(set(await crowd)) == 1

    asyncio.run(impatient())

    assert emulator.count("setu") == 1


def test_a_request_is_cancelled_before_it_has_its_token(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    async def cancelled() -> int:
        async with httpx.AsyncClient(auth=credential, base_url=credential.base_url, verify=TLS) as client:
            request = asyncio.create_task(client.get("/echo"))
            await until(gate.arrived)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            gate.open()
            return (await client.get("/echo")).status_code

    assert asyncio.run(cancelled()) == 200
    assert (emulator.count("setu"), emulator.count("setu", kind="echo")) == (1, 1)


def test_a_loop_closes_in_mid_flight(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    async def leave_early() -> None:
        waiter = asyncio.create_task(credential.atoken())
        await until(gate.arrived)
        waiter.cancel()

    asyncio.run(leave_early())
    with pytest.raises(trio.TooSlowError):
        trio.run(in_a_hurry, credential)
    gate.open()

    assert credential.token().value
    assert emulator.count("setu") == 1


async def in_a_hurry(credential: Setu) -> None:
    with trio.fail_after(0.001):
        await credential.atoken()


def test_a_loop_is_closed_without_its_tasks_being_cancelled(emulator: Emulator, gate: Gate) -> None:
    credential, loop = Setu("sandbox"), asyncio.new_event_loop()
    waiter = credential.atoken()
    loop.create_task(waiter)
    loop.run_until_complete(until(gate.arrived))
    loop.close()
    gate.open()
    settle()
    gc.collect()  # asyncio complains about the task when it is freed: here, not in some later test

    assert credential.token().value
    assert emulator.count("setu") == 1
    waiter.close()


WAITING = {("_flight.py", "wait"), ("selectors.py", "select")}
"""Where a thread waits for a token, and where an event loop waits for anything."""


@pytest.fixture
def ctrl_c(gate: Gate) -> Iterator[None]:
    """Presses Ctrl-C when the request has arrived and the main thread waits for its outcome."""
    main = threading.main_thread().ident
    assert main is not None

    def waits() -> bool:
        stack = traceback.extract_stack(sys._current_frames()[main])
        return not {(Path(step.filename).name, step.name) for step in stack}.isdisjoint(WAITING)

    def press() -> None:
        wait_for_event(gate.arrived)
        wait_for(waits)
        signal.pthread_kill(main, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    yield
    presser.join()


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_a_waiter(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    with pytest.raises(KeyboardInterrupt):
        credential.token()

    gate.open()
    assert credential.token().value
    assert emulator.count("setu") == 1


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_an_event_loop(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(credential.atoken())

    gate.open()
    assert asyncio.run(credential.atoken()).value
    assert emulator.count("setu") == 1


def test_ctrl_c_before_the_renewal_has_begun(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    credential = Setu("sandbox")

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as now:
        now.setattr("_thread.start_new_thread", ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            credential.token()

    assert credential.token().value
    assert emulator.count("setu") == 1

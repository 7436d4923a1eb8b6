"""A waiter is cancelled, interrupted or times out: no other waiter is affected."""

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

from ..helpers import TLS_CONTEXT, PausedResponses, tokens_of_asyncio_tasks, wait_for_background_refreshes
from ..timeouts import wait_for, wait_for_event


async def wait_in_thread(event: threading.Event) -> None:
    await asyncio.to_thread(wait_for_event, event)


def test_cancelling_the_first_of_8_waiters_cancels_only_that_one(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    credential = Setu("sandbox")

    async def cancel_one_of_eight() -> list[Any]:
        tasks = [asyncio.create_task(credential.atoken()) for _ in range(8)]
        await wait_in_thread(paused_responses.request_arrived)
        tasks[0].cancel()
        paused_responses.resume()
        return await asyncio.gather(*tasks, return_exceptions=True)

    cancelled, *served = asyncio.run(cancel_one_of_eight())

    assert isinstance(cancelled, asyncio.CancelledError)
    assert len({token.value for token in served}) == 1
    assert emulator.count("setu") == 1


def test_after_all_waiters_are_cancelled_the_token_is_cached(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    credential = Setu("sandbox")

    async def cancel_all() -> None:
        tasks = [asyncio.create_task(credential.atoken()) for _ in range(8)]
        await wait_in_thread(paused_responses.request_arrived)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(cancel_all())
    paused_responses.resume()
    wait_for_background_refreshes()

    assert asyncio.run(credential.atoken()).value
    assert emulator.count("setu") == 1


def test_a_timeout_in_one_of_8_trio_tasks_ends_only_that_one(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    credential, tokens = Setu("sandbox"), []

    async def wait() -> None:
        tokens.append(await credential.atoken())

    async def cancel_one_of_eight() -> bool:
        async with trio.open_nursery() as nursery:
            for _ in range(7):
                nursery.start_soon(wait)
            with trio.move_on_after(0.01) as scope:
                await credential.atoken()
            paused_responses.resume()
        return scope.cancelled_caught

    assert trio.run(cancel_one_of_eight)
    assert len(tokens) == 7
    assert emulator.count("setu") == 1


def test_an_asyncio_timeout_ends_only_its_own_waiter(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    credential = Setu("sandbox")

    async def time_out() -> None:
        waiters = asyncio.create_task(tokens_of_asyncio_tasks(7, credential))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await credential.atoken()
        paused_responses.resume()
        assert len(set(await waiters)) == 1

    asyncio.run(time_out())

    assert emulator.count("setu") == 1


def test_after_an_api_request_is_cancelled_the_next_one_uses_its_token(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    credential = Setu("sandbox")

    async def cancelled() -> int:
        async with httpx.AsyncClient(
            auth=credential, base_url=credential.base_url, verify=TLS_CONTEXT
        ) as client:
            request = asyncio.create_task(client.get("/echo"))
            await wait_in_thread(paused_responses.request_arrived)
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
            paused_responses.resume()
            return (await client.get("/echo")).status_code

    assert asyncio.run(cancelled()) == 200
    assert (emulator.count("setu"), emulator.count("setu", kind="echo")) == (1, 1)


def test_after_two_event_loops_end_during_a_fetch_its_token_is_used(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    credential = Setu("sandbox")

    async def leave_early() -> None:
        waiter = asyncio.create_task(credential.atoken())
        await wait_in_thread(paused_responses.request_arrived)
        waiter.cancel()

    asyncio.run(leave_early())
    with pytest.raises(trio.TooSlowError):
        trio.run(fetch_with_tiny_timeout, credential)
    paused_responses.resume()

    assert credential.token().value
    assert emulator.count("setu") == 1


async def fetch_with_tiny_timeout(credential: Setu) -> None:
    with trio.fail_after(0.001):
        await credential.atoken()


def test_a_loop_closed_with_a_waiting_task_does_not_lose_the_token(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    credential, loop = Setu("sandbox"), asyncio.new_event_loop()
    waiter = credential.atoken()
    loop.create_task(waiter)
    loop.run_until_complete(wait_in_thread(paused_responses.request_arrived))
    loop.close()
    paused_responses.resume()
    wait_for_background_refreshes()

    assert credential.token().value
    assert emulator.count("setu") == 1
    waiter.close()
    del waiter, loop
    gc.collect()  # asyncio complains about the task when it is freed: here, not in some later test


WAITING_FRAMES = {("_flight.py", "wait"), ("selectors.py", "select")}
"""Where a thread waits for a token, and where an event loop waits for anything."""


@pytest.fixture
def ctrl_c(paused_responses: PausedResponses) -> Iterator[None]:
    """Sends Ctrl-C once the request has arrived and the main thread waits for its outcome."""
    main = threading.main_thread().ident
    assert main is not None

    def is_waiting() -> bool:
        stack = traceback.extract_stack(sys._current_frames()[main])
        return not {(Path(step.filename).name, step.name) for step in stack}.isdisjoint(WAITING_FRAMES)

    def send_ctrl_c() -> None:
        wait_for_event(paused_responses.request_arrived)
        wait_for(is_waiting)
        signal.pthread_kill(main, signal.SIGINT)

    sender = threading.Thread(target=send_ctrl_c)
    sender.start()
    yield
    sender.join()


@pytest.mark.posix
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_a_waiting_thread(emulator: Emulator, paused_responses: PausedResponses) -> None:
    credential = Setu("sandbox")

    with pytest.raises(KeyboardInterrupt):
        credential.token()

    paused_responses.resume()
    assert credential.token().value
    assert emulator.count("setu") == 1


@pytest.mark.posix
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_an_event_loop(emulator: Emulator, paused_responses: PausedResponses) -> None:
    credential = Setu("sandbox")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(credential.atoken())

    paused_responses.resume()
    assert asyncio.run(credential.atoken()).value
    assert emulator.count("setu") == 1


def test_ctrl_c_before_the_fetch_has_started(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    credential = Setu("sandbox")

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr("_thread.start_new_thread", ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            credential.token()

    assert credential.token().value
    assert emulator.count("setu") == 1

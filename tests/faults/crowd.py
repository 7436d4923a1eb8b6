"""Many at once, and the work that goes on beside them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import trio

from gatepass import Token
from gatepass._workers import POOL

from ..patience import wait_for

CROWD = 64


def in_threads(count: int, call: Callable[[], Any]) -> list[Any]:
    """Call from so many threads that all start at the same moment."""
    gate = threading.Barrier(count)

    def one() -> Any:
        gate.wait()
        return call()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]


async def in_tasks(count: int, credential: Any) -> list[Token]:
    """The tokens of so many asyncio tasks."""
    return list(await asyncio.gather(*(credential.atoken() for _ in range(count))))


async def in_trio_tasks(count: int, credential: Any) -> list[Token]:
    """The tokens of so many trio tasks."""
    tokens: list[Token] = []

    async def one() -> None:
        tokens.append(await credential.atoken())

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(one)
    return tokens


def settle() -> None:
    """Wait for the renewals that run beside the callers."""
    wait_for(lambda: POOL.is_idle)


def failure_of(call: Callable[[], Any]) -> Exception:
    """What the call raises."""
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("it did not fail")

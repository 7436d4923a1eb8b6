"""A call while 0, 1 or 16 other credentials of the provider wait for tokens that take two seconds.

Time on the wall, for that is what others can take. Cold: `forget()` and a first token, 100 times; hot:
`token()`, 100 blocks of 1,000. Once with threads, where each slow one has a thread that asks, and once in
one event loop, where each has a task. All share one transport, which answers within the process, and the
slow are asked before the others begin and are not done when those end. The median of three processes each.
"""

import asyncio
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx

from gatepass import Setu

from ..child import ask
from ..peers import SECRET
from ..row import PerUnit
from ..run import Run
from .growth_credentials import provider

NUMBERS = (0, 1, 16)
PROCESSES = 3
SLOW = 2.0
TIMES, BLOCK = 100, 1000


def measure(run: Run) -> Iterator[PerUnit]:
    found: dict[tuple[str, int], list[list[float]]] = {}
    for _ in range(1 if run.quick else PROCESSES):
        for way in ("threads", "tasks"):
            for number in NUMBERS:
                found.setdefault((way, number), []).append(ask("measures.growth_slow", way, number))
    for way in ("threads", "tasks"):
        for index, what in enumerate(("a first token", "a hot token()")):
            for number in NUMBERS:
                figures = [one[index] for one in found[way, number]]
                yield PerUnit.of(f"time of {what}, {way}", "slow ones beside it", number, figures, "µs")


class Transport(httpx.BaseTransport):
    """The provider, which takes its time for whoever is called slow."""

    def __init__(self) -> None:
        self._provider = provider()
        self.asked = threading.Semaphore(0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if b"slow" in request.content:
            self.asked.release()
            time.sleep(SLOW)
        return self._provider.handle_request(request)


def credentials(number: int) -> tuple[Transport, Setu, list[Setu]]:
    transport = Transport()

    def make(name: str) -> Setu:
        return Setu("sandbox", client_id=name, secret=SECRET, transport=transport)

    return transport, make("fast"), [make(f"slow-{one}") for one in range(number)]


def threads(number: int) -> list[float]:
    transport, fast, slow = credentials(number)
    fast.token()
    asking = [threading.Thread(target=one.token, daemon=True) for one in slow]
    for one in asking:
        one.start()
        transport.asked.acquire()
    cold, hot = [], []
    for _ in range(TIMES):
        fast.forget()
        began = time.perf_counter()
        fast.token()
        between = time.perf_counter()
        for _ in range(BLOCK):
            fast.token()
        cold.append(between - began)
        hot.append((time.perf_counter() - between) / BLOCK)
    check(all(one.is_alive() for one in asking))
    return [1e6 * statistics.median(one) for one in (cold, hot)]


async def tasks(number: int) -> list[float]:
    transport, fast, slow = credentials(number)
    await fast.atoken()
    asking = [asyncio.create_task(one.atoken()) for one in slow]
    for _ in asking:
        await asyncio.to_thread(transport.asked.acquire)
    cold, hot = [], []
    for _ in range(TIMES):
        fast.forget()
        began = time.perf_counter()
        await fast.atoken()
        between = time.perf_counter()
        for _ in range(BLOCK):
            await fast.atoken()
        cold.append(between - began)
        hot.append((time.perf_counter() - between) / BLOCK)
    check(not any(one.done() for one in asking))
    return [1e6 * statistics.median(one) for one in (cold, hot)]


def check(still: bool) -> None:
    if not still:
        raise RuntimeError("the slow ones were done before the others")


def main(way: str, number: str) -> None:
    took: Any = threads(int(number)) if way == "threads" else asyncio.run(tasks(int(number)))
    print(json.dumps(took), flush=True)
    os._exit(0)  # without the slow ones


if __name__ == "__main__":
    main(*sys.argv[1:])

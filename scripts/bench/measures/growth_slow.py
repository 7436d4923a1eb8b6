"""A token while 0, 1 or 16 other credentials of the provider wait for tokens that take two seconds.

Wall-clock time, because waiting for the slow credentials would not use CPU. Cold: `invalidate()` and a first
token, 100 times; hot: `token()`, 100 blocks of 1,000. Once with a thread for each slow credential, and once
in an event loop with a task for each. All share a transport, which responds within the process; the slow
requests begin before the measured ones and end after them. The median of three processes each.
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

from ..child import run_child
from ..peers import SECRET
from ..row import PerUnit
from ..run import Run
from .growth_credentials import provider

NUMBERS = (0, 1, 16)
PROCESSES = 3
SLOW = 2.0
TIMES, BLOCK = 100, 1000


def measure(run: Run) -> Iterator[PerUnit]:
    results: dict[tuple[str, int], list[list[float]]] = {}
    for _ in range(1 if run.quick else PROCESSES):
        for kind in ("threads", "tasks"):
            for number in NUMBERS:
                results.setdefault((kind, number), []).append(run_child("measures.growth_slow", kind, number))
    for kind in ("threads", "tasks"):
        for index, title in enumerate(("a first token", "a hot token()")):
            for number in NUMBERS:
                figures = [result[index] for result in results[kind, number]]
                yield PerUnit.of(f"time of {title}, {kind}", "slow requests beside it", number, figures, "µs")


class Transport(httpx.BaseTransport):
    """The provider, which is slow for client ids that begin with "slow"."""

    def __init__(self) -> None:
        self._provider = provider()
        self.slow_requests = threading.Semaphore(0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if b"slow" in request.content:
            self.slow_requests.release()
            time.sleep(SLOW)
        return self._provider.handle_request(request)


def credentials(number: int) -> tuple[Transport, Setu, list[Setu]]:
    transport = Transport()

    def make(name: str) -> Setu:
        return Setu("sandbox", client_id=name, secret=SECRET, transport=transport)

    return transport, make("fast"), [make(f"slow-{index}") for index in range(number)]


def threads(number: int) -> list[float]:
    transport, fast, slow = credentials(number)
    fast.token()
    waiting = [threading.Thread(target=credential.token, daemon=True) for credential in slow]
    for thread in waiting:
        thread.start()
        transport.slow_requests.acquire()
    cold, hot = [], []
    for _ in range(TIMES):
        fast.invalidate()
        began = time.perf_counter()
        fast.token()
        between = time.perf_counter()
        for _ in range(BLOCK):
            fast.token()
        cold.append(between - began)
        hot.append((time.perf_counter() - between) / BLOCK)
    check(all(thread.is_alive() for thread in waiting))
    return [1e6 * statistics.median(times) for times in (cold, hot)]


async def tasks(number: int) -> list[float]:
    transport, fast, slow = credentials(number)
    await fast.atoken()
    waiting = [asyncio.create_task(credential.atoken()) for credential in slow]
    for _ in waiting:
        await asyncio.to_thread(transport.slow_requests.acquire)
    cold, hot = [], []
    for _ in range(TIMES):
        fast.invalidate()
        began = time.perf_counter()
        await fast.atoken()
        between = time.perf_counter()
        for _ in range(BLOCK):
            await fast.atoken()
        cold.append(between - began)
        hot.append((time.perf_counter() - between) / BLOCK)
    check(not any(task.done() for task in waiting))
    return [1e6 * statistics.median(times) for times in (cold, hot)]


def check(are_waiting: bool) -> None:
    if not are_waiting:
        raise RuntimeError("the slow requests ended before the measure")


def main(kind: str, number: str) -> None:
    took: Any = threads(int(number)) if kind == "threads" else asyncio.run(tasks(int(number)))
    print(json.dumps(took), flush=True)
    os._exit(0)  # without waiting for the slow requests


if __name__ == "__main__":
    main(*sys.argv[1:])

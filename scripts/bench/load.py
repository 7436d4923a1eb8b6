"""One process of the soak's load: `python scripts/bench/load.py credential|constant threads|asyncio SECONDS`.

It prints "ready" when everything is warm, begins at a line on stdin, and ends with a line of JSON.
"""

import asyncio
import contextlib
import gc
import json
import math
import sys
import time
import types
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

import gatepass

WORKERS = 32
PERIOD = 0.4
"""Seconds between two requests of one worker: 80 a second in all, 14,400 in three minutes."""


class Constant(httpx.Auth):
    """The baseline: a constant header."""

    def __init__(self, token: str) -> None:
        self._header = "Bearer " + token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


class Timed(httpx.Auth):
    """Records the longest time for which an auth blocked the event loop."""

    def __init__(self, auth: httpx.Auth) -> None:
        self._auth, self.longest = auth, 0.0

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        flow: Any = self._auth.async_auth_flow(request)
        response = None
        with contextlib.suppress(StopAsyncIteration):
            while True:
                response = yield await self._timed(flow.asend(response).__await__())

    @types.coroutine
    def _timed(self, steps: Any) -> Generator[Any, Any, Any]:
        while True:
            began = time.perf_counter()
            try:
                waits_for = steps.send(None)
            except StopIteration as end:
                return end.value
            finally:
                self.longest = max(self.longest, time.perf_counter() - began)
            yield waits_for


class Load:
    """Requests at a fixed pace, and their results."""

    def __init__(self, kind: str, seconds: float) -> None:
        ours = kind == "credential"
        self.seconds = seconds
        self.first = 0.0 if ours else 0.5 * PERIOD / WORKERS  # the two processes alternate
        self.clear()
        self.credential = gatepass.Setu("sandbox" if ours else "production", on_event=self._record)
        self.url = self.credential.base_url + "/echo"
        self.auth = self.credential if ours else Constant(self.credential.token().value)

    def clear(self) -> None:
        self.events, self.bad, self.took = Counter[str](), Counter[str](), list[float]()
        self.stall = self.step = self.refresh_cpu = 0.0

    def _record(self, event: gatepass.Event) -> None:
        self.events[event.kind] += 1
        if event.kind == "issued":  # emitted on the thread of the refresh: this is all the CPU that it used
            self.refresh_cpu = max(self.refresh_cpu, time.thread_time())

    def _go(self) -> None:
        gc.collect()
        gc.freeze()  # else full collections of all modules stall either process by up to 30 ms
        print("ready", flush=True)
        sys.stdin.readline()
        self.credential.token()  # it may have expired while the process was waiting
        self.clear()
        self.began = time.monotonic()

    def _pauses(self, worker: int) -> Iterator[float]:
        """Yield the seconds that a worker sleeps before each request; the requests are spread evenly."""
        first = self.began + self.first + PERIOD * worker / WORKERS
        for turn in range(math.ceil(self.seconds / PERIOD)):
            yield max(0.0, first + turn * PERIOD - time.monotonic())

    @contextlib.contextmanager
    def _request(self) -> Iterator[list[httpx.Response]]:
        """Measure one request, whose response is put into the list."""
        began, responses = time.perf_counter(), list[httpx.Response]()
        try:
            yield responses
        except (httpx.HTTPError, gatepass.GatepassError) as error:
            self.bad[type(error).__name__] += 1
        self.took.append(time.perf_counter() - began)
        self.bad.update(
            f"HTTP {response.status_code}" for response in responses if response.status_code != 200
        )

    def threads(self) -> None:
        def work(worker: int) -> None:
            for pause in self._pauses(worker):
                time.sleep(pause)
                with self._request() as responses:
                    responses.append(clients[worker].get(self.url))

        with contextlib.ExitStack() as stack, ThreadPoolExecutor(WORKERS) as pool:
            opened = (httpx.Client(auth=self.auth, timeout=30) for _ in range(WORKERS))
            clients = [stack.enter_context(client) for client in opened]
            for client in clients:
                client.get(self.url)
            self._go()
            list(pool.map(work, range(WORKERS)))

    async def tasks(self) -> None:
        async def work(worker: int) -> None:
            for pause in self._pauses(worker):
                await asyncio.sleep(pause)
                with self._request() as responses:
                    responses.append(await client.get(self.url))

        timed, limits = Timed(self.auth), httpx.Limits(max_keepalive_connections=WORKERS)
        async with httpx.AsyncClient(auth=timed, timeout=30, limits=limits) as client:
            await asyncio.gather(*(client.get(self.url) for _ in range(WORKERS)))
            self._go()
            timed.longest = 0.0
            watch = asyncio.create_task(self._watch())
            await asyncio.gather(*map(work, range(WORKERS)))
            watch.cancel()
        self.step = timed.longest

    async def _watch(self) -> None:
        """Measure how much later than requested the loop resumes: for so long it was blocked."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            self.stall = max(self.stall, time.perf_counter() - began - 0.001)


def main(kind: str, mode: str, seconds: str) -> None:
    load = Load(kind, float(seconds))
    if mode == "threads":
        load.threads()
    else:
        asyncio.run(load.tasks())
    keys = ("took", "bad", "events", "stall", "step", "refresh_cpu")
    print(json.dumps({key: getattr(load, key) for key in keys}))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Token requests on a cold start: callers that begin at the same moment, when there is no token yet.

64 threads of a process; 64 tasks of an event loop; 8 and 32 processes, with the library's file cache if it
has one. The server counts the requests and takes 50 ms for each; the median of seven starts. The time is from
the first request to the last response.
"""

import asyncio
import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..child import run_child
from ..peers import CONTENDERS, FLOOR, Entry, Place
from ..row import Row
from ..run import Run

CONCURRENCY = {"threads": (64,), "tasks": (64,), "processes": (8, 32)}
ROUNDS = 7
Times = tuple[float, float]
"""When a caller began and when it had its response."""


def measure(run: Run) -> Iterator[Row]:
    run.server.set(latency=0.05, lifetime=3600)
    peers = [name for name in CONTENDERS if name != FLOOR]
    for name in run.each(peers):
        for kind, numbers in CONCURRENCY.items():
            if kind == "tasks" and not CONTENDERS[name].asyncio:
                continue
            for number in numbers:
                yield from starts(run, name, kind, number)


def starts(run: Run, name: str, kind: str, number: int) -> Iterator[Row]:
    ids = [f"{name}-{number}-{kind}-{turn}" for turn in range(1 if run.quick else ROUNDS)]
    seconds = run_child("measures.cold", name, kind, number, run.server.url, run.folder, *ids)
    counts = run.server.counts()
    yield Row.of(f"{number} {kind}", name, [counts[client] for client in ids], "token requests")
    yield Row.of(f"{number} {kind}, until all are served", name, [1000 * second for second in seconds], "ms")


def threads(make: Callable[[], Any], number: int) -> list[Times]:
    contender, barrier = make(), threading.Barrier(number)

    def call(_: int) -> Times:
        barrier.wait()
        return timed(contender.get)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(call, range(number)))


def tasks(make: Callable[[], Any], number: int) -> list[Times]:
    async def call(contender: Any) -> Times:
        began = time.monotonic()
        check(await contender.aget())
        return began, time.monotonic()

    async def calls() -> list[Times]:
        contender = make()
        return await asyncio.gather(*(call(contender) for _ in range(number)))

    return asyncio.run(calls())


def processes(make: Callable[[], Any], number: int) -> list[Times]:
    forking = multiprocessing.get_context("fork")  # the imports are made; nothing else is
    barrier, times = forking.Barrier(number), forking.SimpleQueue()

    def call() -> None:
        contender = make()
        barrier.wait()
        times.put(timed(contender.get))

    started = [forking.Process(target=call) for _ in range(number)]
    for process in started:
        process.start()
    for process in started:
        process.join()
        if process.exitcode:
            raise RuntimeError("a process got no response")
    return [times.get() for _ in started]


def timed(get: Callable[[], int]) -> Times:
    began = time.monotonic()
    check(get())
    return began, time.monotonic()


def check(status: int) -> None:
    if status != 200:
        raise RuntimeError(f"the API responded with {status}")


def main(name: str, kind: str, number: str, server: str, folder: str, *ids: str) -> None:
    entry = CONTENDERS[name]
    entry.load()
    took = []
    for client in ids:
        shared = cache(entry, Path(folder) / client) if kind == "processes" else None
        place = Place(server, client, asyncio=kind == "tasks", folder=shared)
        start = {"threads": threads, "tasks": tasks, "processes": processes}[kind]
        times = start(lambda place=place: entry.make(place), int(number))  # type: ignore[misc]
        took.append(max(end for _, end in times) - min(began for began, _ in times))
    print(json.dumps(took))


def cache(entry: Entry, folder: Path) -> Path | None:
    if entry.files:
        folder.mkdir(mode=0o700)
    return folder if entry.files else None


if __name__ == "__main__":
    main(*sys.argv[1:])

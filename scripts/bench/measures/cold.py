"""Token requests on a cold start: callers who begin at the same moment, when there is no token yet.

64 threads of a process; 64 tasks of an event loop; 8 and 32 processes, with the file cache of the library if
it has one. Counted by the server, which takes 50 ms for each; the median of three starts. The time is that
from the first call to the last answer.
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

from ..child import ask
from ..peers import CONTENDERS, FLOOR, Entry, Place
from ..row import Row
from ..run import Run

WAYS = {"threads": (64,), "tasks": (64,), "processes": (8, 32)}
ROUNDS = 3
Times = tuple[float, float]
"""When a caller began and when it had its answer."""


def measure(run: Run) -> Iterator[Row]:
    run.server.set(latency=0.05, lifetime=3600)
    peers = [name for name in CONTENDERS if name != FLOOR]
    for name in run.each(peers):
        for way, numbers in WAYS.items():
            if way == "tasks" and not CONTENDERS[name].asyncio:
                continue
            for number in numbers:
                yield from starts(run, name, way, number)


def starts(run: Run, name: str, way: str, number: int) -> Iterator[Row]:
    ids = [f"{name}-{number}-{way}-{turn}" for turn in range(1 if run.quick else ROUNDS)]
    seconds = ask("measures.cold", name, way, number, run.server.url, run.folder, *ids)
    counts = run.server.counts()
    yield Row.of(f"{number} {way}", name, [counts[one] for one in ids], "token requests")
    yield Row.of(f"{number} {way}, until all are served", name, [1000 * one for one in seconds], "ms")


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
    barrier, told = forking.Barrier(number), forking.SimpleQueue()

    def call() -> None:
        contender = make()
        barrier.wait()
        told.put(timed(contender.get))

    started = [forking.Process(target=call) for _ in range(number)]
    for one in started:
        one.start()
    for one in started:
        one.join()
        if one.exitcode:
            raise RuntimeError("a process had no answer")
    return [told.get() for _ in started]


def timed(get: Callable[[], int]) -> Times:
    began = time.monotonic()
    check(get())
    return began, time.monotonic()


def check(status: int) -> None:
    if status != 200:
        raise RuntimeError(f"the API answered {status}")


def main(name: str, way: str, number: str, server: str, folder: str, *ids: str) -> None:
    entry = CONTENDERS[name]
    entry.load()
    took = []
    for one in ids:
        shared = cache(entry, Path(folder) / one) if way == "processes" else None
        place = Place(server, one, asyncio=way == "tasks", folder=shared)
        do = {"threads": threads, "tasks": tasks, "processes": processes}[way]
        times = do(lambda place=place: entry.make(place), int(number))  # type: ignore[misc]
        took.append(max(end for _, end in times) - min(began for began, _ in times))
    print(json.dumps(took))


def cache(entry: Entry, folder: Path) -> Path | None:
    if entry.files:
        folder.mkdir(mode=0o700)
    return folder if entry.files else None


if __name__ == "__main__":
    main(*sys.argv[1:])

"""CPU added to a request while the token lives.

Blocks of requests with the library's auth, and blocks through the same HTTP client with a constant header,
take turns, in the other order each time, without the garbage collector. API requests are answered within the
process. Told is the median of the paired differences with its quartiles, in CPU time. The floor measured
against itself tells how sure the figures are.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

from ..child import ask
from ..peers import CONTENDERS, Place
from ..row import Row
from ..run import Run

PAIRS, REQUESTS = 100, 50
Block = Callable[[], object]


def measure(run: Run) -> Iterator[Row]:
    run.server.set(latency=0.0, lifetime=86_400)
    for name in run.each(list(CONTENDERS)):
        for way in ("a request", "an async request"):
            if way == "a request" or CONTENDERS[name].asyncio:
                pairs = PAIRS // 10 if run.quick else PAIRS
                yield Row.of(way, name, ask("measures.cpu", name, way, pairs, run.server.url), "µs")


def cpu(block: Block) -> float:
    gc.collect()
    gc.disable()
    began = time.thread_time()
    block()
    took = time.thread_time() - began
    gc.enable()
    return took


def added(ours: Block, floor: Block, pairs: int) -> list[float]:
    """Microseconds that a request of the one block takes beyond one of the other."""
    for block in (ours, floor):
        block()  # everything that happens once
    differences = []
    for pair in range(pairs):
        order = (ours, floor) if pair % 2 else (floor, ours)
        took = {block: cpu(block) for block in order}
        differences.append(1e6 * (took[ours] - took[floor]) / REQUESTS)
    return differences


def sync_block(get: Callable[[], int]) -> Block:
    return lambda: [get() for _ in repeat(None, REQUESTS)]


def async_block(get: Callable[[], Any], runner: asyncio.Runner) -> Block:
    async def gets() -> list[int]:
        return [await get() for _ in repeat(None, REQUESTS)]

    return lambda: runner.run(gets())


def main(name: str, way: str, pairs: str, server: str) -> None:
    contender = CONTENDERS[name].make(Place(server, f"{name}-cpu", asyncio=way != "a request", canned=True))
    if way == "a request":
        blocks = sync_block(contender.get), sync_block(contender.plain)
        print(json.dumps(added(*blocks, int(pairs))))
        return
    with asyncio.Runner() as runner:
        ablocks = async_block(contender.aget, runner), async_block(contender.aplain, runner)
        print(json.dumps(added(*ablocks, int(pairs))))


if __name__ == "__main__":
    main(*sys.argv[1:])

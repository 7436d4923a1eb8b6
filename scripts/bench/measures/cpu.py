"""CPU added to a request while the token is valid.

Blocks of requests with the library's auth alternate with blocks through the same HTTP client with a constant
header, in alternating order, without the garbage collector. API responses come from within the process.
Results are the median of the paired differences and its quartiles, in CPU time. The floor measured against
itself shows the accuracy of the figures.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

from ..child import run_child
from ..peers import CONTENDERS, Place
from ..row import Row
from ..run import Run

PAIRS, REQUESTS = 100, 50
Block = Callable[[], object]


def measure(run: Run) -> Iterator[Row]:
    run.server.set(latency=0.0, lifetime=86_400)
    for name in run.each(list(CONTENDERS)):
        for kind in ("a request", "an async request"):
            if kind == "a request" or CONTENDERS[name].asyncio:
                pairs = PAIRS // 10 if run.quick else PAIRS
                yield Row.of(kind, name, run_child("measures.cpu", name, kind, pairs, run.server.url), "µs")


def cpu(block: Block) -> float:
    gc.collect()
    gc.disable()
    began = time.thread_time()
    block()
    took = time.thread_time() - began
    gc.enable()
    return took


def added(ours: Block, floor: Block, pairs: int) -> list[float]:
    """The additional microseconds of a request of the first block, compared with the second."""
    for block in (ours, floor):
        block()  # warm up
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


def main(name: str, kind: str, pairs: str, server: str) -> None:
    contender = CONTENDERS[name].make(Place(server, f"{name}-cpu", asyncio=kind != "a request", canned=True))
    if kind == "a request":
        blocks = sync_block(contender.get), sync_block(contender.plain)
        print(json.dumps(added(*blocks, int(pairs))))
        return
    with asyncio.Runner() as runner:
        ablocks = async_block(contender.aget, runner), async_block(contender.aplain, runner)
        print(json.dumps(added(*ablocks, int(pairs))))


if __name__ == "__main__":
    main(*sys.argv[1:])

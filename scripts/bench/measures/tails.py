"""Latency that the auth adds to a request while tokens of 5 seconds expire under load.

At the same moment, each in a process of its own: 8 threads at a fixed pace, with the library's auth, and the
same with a constant header through the same HTTP client. All use the same server, whose token requests take
50 ms, and share the same disturbances of the machine. Results are the difference of the two percentiles; the
spread is that of three parts of the run, plus the largest difference between two processes with a constant
header. Only libraries that can be configured to use a token of 5 seconds until its last second (gatepass does
by default): the others would request a token before each API request.
"""

import contextlib
import gc
import json
import math
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from subprocess import Popen

from ..child import start, wait_for_result
from ..peers import CONTENDERS, FLOOR, HTTPX, HTTPX2, REQUESTS, Place
from ..row import Row
from ..run import Run

LIFETIME, SKEW, LATENCY = 5.0, 1.0, 0.05
THREADS, PERIOD, SECONDS = 8, 0.16, 30.0
PARTS = 3
FLOORS = {HTTPX: FLOOR, HTTPX2: "Authlib", REQUESTS: "requests_oauth2client"}
"""The contender that is measured with a constant header, for each HTTP client."""


def measure(run: Run) -> Iterator[Row]:
    seconds = SECONDS / 10 if run.quick else SECONDS
    run.server.set(latency=LATENCY, lifetime=LIFETIME)
    names = [name for name, entry in CONTENDERS.items() if entry.skew or name == FLOOR]
    loads = [(name, "get") for name in names] + [(name, "plain") for name in FLOORS.values()]
    with contextlib.ExitStack() as stack:
        started = {}
        for number, (name, call) in enumerate(loads):
            first = PERIOD / THREADS * number / len(loads)  # they alternate
            process = start("measures.tails", name, call, run.server.url, seconds, first)
            stack.callback(process.kill)
            started[name, call] = process
        for process in started.values():
            wait_until_ready(process)
        for process in started.values():
            print("go", file=process.stdin, flush=True)
        for _ in run.each([""] * int(seconds)):
            time.sleep(1)
        took: dict[tuple[str, str], list[float]] = {
            key: wait_for_result(process) for key, process in started.items()
        }
    for share, title in ((0.5, "median"), (0.99, "p99"), (0.999, "p99.9")):
        floors = {name: took[FLOORS[CONTENDERS[name].client], "plain"] for name in names}
        rows = {name: added(title, share, name, took[name, "get"], floors[name]) for name in names}
        noise = max(abs(rows[FLOOR].low), abs(rows[FLOOR].high))
        for row in rows.values():
            yield row._replace(low=row.low - noise, high=row.high + noise)


def wait_until_ready(process: Popen[str]) -> None:
    """Wait for the line "ready"; raises `RuntimeError` if the process ends before."""
    if process.stdout is None or not process.stdout.readline():
        wait_for_result(process)


def added(title: str, share: float, name: str, took: list[float], floor: list[float]) -> Row:
    def difference(part: slice) -> float:
        return 1000 * (percentile(took[part], share) - percentile(floor[part], share))

    size = min(len(took), len(floor)) // PARTS
    parts = [difference(slice(part * size, (part + 1) * size)) for part in range(PARTS)]
    overall = difference(slice(None))
    return Row(title, name, overall, "ms", min(overall, *parts), max(overall, *parts))


def percentile(took: list[float], share: float) -> float:
    return sorted(took)[int(share * len(took))]


def main(name: str, call: str, server: str, seconds: str, first: str) -> None:
    """Print "ready" when everything is warm, begin at a line on stdin, print the seconds of each request."""
    contender = CONTENDERS[name].make(Place(server, f"{name}-{call}-tails", skew=SKEW))
    request = getattr(contender, call)
    turns = math.ceil(float(seconds) / PERIOD)

    def work(thread: int) -> list[tuple[float, float]]:
        took = []
        for turn in range(turns):
            due = begins + PERIOD * (turn + thread / THREADS)
            time.sleep(max(0.0, due - time.monotonic()))
            began = time.perf_counter()
            if request() != 200:
                raise RuntimeError("the API rejected the token")
            took.append((began, time.perf_counter() - began))
        return took

    with ThreadPoolExecutor(THREADS) as pool:
        together = threading.Barrier(THREADS)
        list(pool.map(lambda _: (together.wait(), request()), range(THREADS)))
        gc.collect()
        gc.freeze()  # else full collections stall the contenders with more modules
        print("ready", flush=True)
        sys.stdin.readline()
        begins = time.monotonic() + float(first)
        requests = sorted(request for took in pool.map(work, range(THREADS)) for request in took)
    print(json.dumps([seconds for _, seconds in requests]))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Token requests for 20 consecutive API requests, with token lifetimes of 60 and 30 seconds."""

import json
import sys
from collections.abc import Iterator

from ..child import run_child
from ..peers import CONTENDERS, FLOOR, Place
from ..row import Row
from ..run import Run

REQUESTS, LIFETIMES = 20, (60, 30)


def measure(run: Run) -> Iterator[Row]:
    peers = [name for name in CONTENDERS if name != FLOOR]
    for name in run.each(peers):
        for lifetime in LIFETIMES:
            run.server.set(latency=0.005, lifetime=lifetime)
            client = f"{name}-{lifetime}"
            statuses = run_child("measures.short", name, client, run.server.url)
            if statuses != [200] * REQUESTS:
                raise RuntimeError(f"{name}: the API responded with {statuses}")
            yield Row.of(f"tokens of {lifetime} s", name, [run.server.counts()[client]], "token requests")


def main(name: str, client: str, server: str) -> None:
    contender = CONTENDERS[name].make(Place(server, client))
    print(json.dumps([contender.get() for _ in range(REQUESTS)]))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Token requests for 20 API requests in a row, with tokens that live for 60 or 30 seconds."""

import json
import sys
from collections.abc import Iterator

from ..child import ask
from ..peers import CONTENDERS, FLOOR, Place
from ..row import Row
from ..run import Run

CALLS, LIVES = 20, (60, 30)


def measure(run: Run) -> Iterator[Row]:
    peers = [name for name in CONTENDERS if name != FLOOR]
    for name in run.each(peers):
        for life in LIVES:
            run.server.set(latency=0.005, lifetime=life)
            client = f"{name}-{life}"
            statuses = ask("measures.short", name, client, run.server.url)
            if statuses != [200] * CALLS:
                raise RuntimeError(f"{name}: the API answered {statuses}")
            yield Row.of(f"tokens of {life} s", name, [run.server.counts()[client]], "token requests")


def main(name: str, client: str, server: str) -> None:
    contender = CONTENDERS[name].make(Place(server, client))
    print(json.dumps([contender.get() for _ in range(CALLS)]))


if __name__ == "__main__":
    main(*sys.argv[1:])

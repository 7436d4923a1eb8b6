"""Memory of one more credential.

It has a token and was used for a request. The memory that Python allocated for 200 of them (`tracemalloc`),
divided by 200. HTTP clients are shared wherever the library allows it; a client or a session that belongs to
one credential counts.
"""

import gc
import sys
import tracemalloc
from collections.abc import Iterator

from ..child import run_child
from ..peers import CONTENDERS, Place
from ..row import Row
from ..run import Run

NUMBER = 200


def measure(run: Run) -> Iterator[Row]:
    run.server.set(latency=0.0, lifetime=86_400)
    for name in run.each(list(CONTENDERS)):
        number = NUMBER // 10 if run.quick else NUMBER
        yield Row.of("a credential", name, [run_child("measures.memory", name, number, run.server.url)], "KB")


def main(name: str, number: str, server: str) -> None:
    entry = CONTENDERS[name]
    entry.make(Place(server, f"{name}-memory", canned=True)).get()  # warm up
    gc.collect()
    tracemalloc.start()
    contenders = [entry.make(Place(server, f"{name}-memory-{i}", canned=True)) for i in range(int(number))]
    for contender in contenders:
        contender.get()
    gc.collect()
    print(tracemalloc.get_traced_memory()[0] / len(contenders) / 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])

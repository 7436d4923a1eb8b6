"""1 to 10,000 credentials of Setu with client ids of their own; each number in a process of its own.

Token and API responses come from within the process, so that only gatepass and httpx are measured.

- A first token: CPU of the process with all its threads, for making a credential and getting its first token,
  sequentially, with the garbage collector on; the median of rounds of at least 1,000 credentials in total.
- Memory: what Python allocated (`tracemalloc`) once each credential has its token, divided by their number.
- A hot `token()`, a hot request: blocks of 1,000 calls that go through all credentials in turn, alternating
  with blocks over as many objects with a constant header, which are the floor. With many objects, the misses
  of the processor's caches make both slower, so the results are the time of a call, of a call of the floor,
  and the paired differences; medians, from three processes.
- In one FileStore: CPU of a first token if the folder has the files of that many credentials; the median of
  30 more credentials.
"""

import gc
import itertools
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx

from gatepass import Setu
from gatepass.stores import FileStore

from ..child import run_child
from ..peers import HOST, SECRET, URL
from ..row import PerUnit
from ..run import Run
from ..server import CONSTANT, setu_response

SIZES = (1, 10, 100, 1000, 10_000)
BLOCK = 1000
"""Calls of a block, and the least number of credentials that get a first token for each size."""
TOKENS, REQUESTS = 20, 10
"""Pairs of blocks for each kind of call: 10 blocks go once through 10,000 credentials."""
HOT_PROCESSES = 3
"""Processes: from one to the next, the speed of memory differs by half."""
FOLDER_TOKENS = 30
PARTS = {
    "first": {"CPU of a first token": "µs"},
    "memory": {"memory": "KB"},
    "hot": {
        "CPU of a hot token()": "ns",
        "... of which the floor, a method that returns a string": "ns",
        "... and what gatepass adds to a token()": "ns",
        "CPU of a hot request": "ns",
        "... of which the floor, a constant header": "ns",
        "... and what gatepass adds to a request": "ns",
    },
    "folder": {"CPU of a first token, all in one FileStore": "µs"},
}
"""Name to title and unit of its results. Each part runs in a process of its own."""


def measure(run: Run) -> Iterator[PerUnit]:
    figures: dict[tuple[str, int], list[list[float]]] = {}
    sizes = SIZES[:3] if run.quick else SIZES
    for size, part in itertools.product(sizes, PARTS):
        times = HOT_PROCESSES if part == "hot" and not run.quick else 1
        results = [run_child("measures.growth_credentials", part, size) for _ in range(times)]
        figures[part, size] = [list(itertools.chain(*parts)) for parts in zip(*results, strict=True)]
    for part, titles in PARTS.items():
        for number, (title, unit) in enumerate(titles.items()):
            for size in sizes:
                yield PerUnit.of(title, "credentials", size, figures[part, size][number], unit)


def provider() -> httpx.MockTransport:
    """Respond immediately, within the process, with a different token for each client id."""

    def respond(request: httpx.Request) -> httpx.Response:
        token = f"fake-{json.loads(request.content)['clientID']}-".ljust(len(CONSTANT), "x")
        return httpx.Response(200, json=setu_response(token, 86_400))

    return httpx.MockTransport(respond)


def maker() -> Callable[..., Setu]:
    """A function that makes credentials. A first token is fetched beforehand, to warm up."""
    transport = provider()

    def make(name: str, **more: Any) -> Setu:
        return Setu("sandbox", client_id=name, secret=SECRET, transport=transport, hosts=[HOST], **more)

    make("before").token()
    return make


class Fixed(httpx.Auth):
    """The floor: a constant header and a constant token."""

    def __init__(self, name: str) -> None:
        self._token = f"fake-{name}-".ljust(len(CONSTANT), "x")
        self._header = "Bearer " + self._token

    def token(self) -> str:
        return self._token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def first_token(size: int) -> Iterator[list[float]]:
    make, took = maker(), []
    gc.collect()
    for turn in range(max(2, BLOCK // size)):
        names = [f"{turn}-{number}" for number in range(size)]
        began = time.process_time()
        credentials = [make(name) for name in names]
        for credential in credentials:
            credential.token()
        took.append(1e6 * (time.process_time() - began) / size)
        del credentials
    yield took


def memory(size: int) -> Iterator[list[float]]:
    make = maker()
    names = [str(number) for number in range(size)]
    gc.collect()
    tracemalloc.start()
    credentials = [make(name) for name in names]
    for credential in credentials:
        credential.token()
    gc.collect()
    yield [tracemalloc.get_traced_memory()[0] / len(credentials) / 1000]


def hot_calls(size: int) -> Iterator[list[float]]:
    """Measure `token()` and requests in one process, because it takes long to make the credentials."""
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    make = maker()
    ours = [make(str(number)) for number in range(size)]
    for credential in ours:
        credential.token()
    floor = [Fixed(str(number)) for number in range(size)]
    gc.collect()
    gc.freeze()  # else each collection goes through all credentials

    def token(credential: Any) -> None:
        credential.token()

    def request(credential: Any) -> None:
        client.get(URL, auth=credential)

    for call, pairs in ((token, TOKENS), (request, REQUESTS)):
        yield from rounds(call, ours, floor, pairs)


def rounds(call: Callable[[Any], None], ours: list[Any], floor: list[Any], pairs: int) -> list[list[float]]:
    """Nanoseconds of a call of ours, of a call of the floor, and their differences."""
    cycles = {"ours": itertools.cycle(ours), "floor": itertools.cycle(floor)}

    def block(name: str) -> float:
        objects = list(itertools.islice(cycles[name], BLOCK))
        gc.collect()
        gc.disable()
        began = time.thread_time()
        for auth in objects:
            call(auth)
        took = time.thread_time() - began
        gc.enable()
        return 1e9 * took / BLOCK

    took = []
    for pair in range(pairs + 1):
        costs = {name: block(name) for name in (cycles if pair % 2 else reversed(cycles))}
        took.append([costs["ours"], costs["floor"], costs["ours"] - costs["floor"]])
    return [list(figures) for figures in zip(*took[1:], strict=True)]  # the first pair warms up


def full_folder(size: int) -> Iterator[list[float]]:
    """Measure first tokens in a folder that has the files of `size` credentials; most files are empty."""
    make, took = maker(), []
    with tempfile.TemporaryDirectory(prefix="gatepass-bench-") as name:
        place = Path(name) / "store"
        store = FileStore(place)
        make("before", store=store).token()
        for number in range(size - 1):
            for kind in ("token", "lock"):
                (place / f"{number:064x}.{kind}").touch(mode=0o600)
        for number in range(FOLDER_TOKENS):
            began = time.process_time()
            make(f"{number}", store=store).token()
            took.append(1e6 * (time.process_time() - began))
    yield took


def main(part: str, size: str) -> None:
    parts = {"first": first_token, "memory": memory, "hot": hot_calls, "folder": full_folder}
    print(json.dumps(list(parts[part](int(size)))))


if __name__ == "__main__":
    main(*sys.argv[1:])

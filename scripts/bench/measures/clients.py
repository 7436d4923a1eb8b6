"""gatepass with each HTTP client: CPU added to a request, and the first token of 64 tasks.

The CPU is that beyond a constant header through the same client, measured as in `cpu`; the floor measured
against itself shows the accuracy. 64 tasks begin at the same moment, when there is no token yet, as in
`cold`; azure-identity, which uses aiohttp, is the fastest of the other libraries there.
"""

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any

from ..child import run_child
from ..peers import FLOOR, OURS, Place
from ..row import Row
from ..run import Run
from . import cold, cpu

MODULES = {
    "httpx": "gatepass",
    "httpx2": "gatepass_httpx2",
    "requests": "gatepass_requests",
    "aiohttp": "gatepass_aiohttp",
}
"""HTTP client to the module of its contender."""
KINDS = {"a request": ("httpx", "httpx2", "requests"), "an async request": ("httpx", "httpx2", "aiohttp")}
TASKS, PEER = 64, "azure-identity"


def measure(run: Run) -> Iterator[Row]:
    run.server.set(latency=0.0, lifetime=86_400)
    pairs = cpu.PAIRS // 10 if run.quick else cpu.PAIRS
    for kind, clients in KINDS.items():
        for client in clients:
            for name in (OURS, FLOOR):
                figures = run_child("measures.clients", kind, client, name, run.server.url, pairs)
                yield Row.of(f"{kind} of {client}", name, figures, "µs")
    run.advance(0.5)
    run.server.set(latency=0.05, lifetime=3600)
    rounds = 1 if run.quick else cold.ROUNDS
    peer = times(run, "cold", PEER, "tasks", TASKS, run.server.url, run.folder, ids("peer", rounds))
    for client in KINDS["an async request"]:
        ours = times(run, "clients", "tasks", client, OURS, run.server.url, *[ids(client, rounds)])
        for name, figures in ((OURS, ours), (PEER, peer)):
            yield Row.of(f"{TASKS} tasks with {client}, until all are served", name, figures, "ms")
    run.advance(0.5)


def ids(name: str, rounds: int) -> list[str]:
    """The ids of the clients of some cold starts."""
    return [f"clients-{name}-{turn}" for turn in range(rounds)]


def times(run: Run, module: str, *arguments: Any) -> list[float]:
    """Run cold starts in a process; returns milliseconds. The last argument is a list of ids."""
    *others, names = arguments
    return [1000 * second for second in run_child(f"measures.{module}", *others, *names)]


def make(client: str, server: str, client_id: str, *, is_async: bool, canned: bool) -> Any:
    contender = importlib.import_module(f"bench.peers.{MODULES[client]}").Contender
    return contender(Place(server, client_id, asyncio=is_async, canned=canned))


def main(kind: str, client: str, name: str, server: str, *arguments: str) -> None:
    if kind == "tasks":
        took = []
        for client_id in arguments:
            started = cold.tasks(
                lambda client_id=client_id: make(client, server, client_id, is_async=True, canned=False),  # type: ignore[misc]
                TASKS,
            )
            took.append(max(end for _, end in started) - min(began for began, _ in started))
        print(json.dumps(took))
        return
    contender = make(client, server, f"clients-{client}", is_async=kind != "a request", canned=True)
    pairs = int(arguments[0])
    if kind == "a request":
        get = contender.get if name == OURS else contender.plain
        print(json.dumps(cpu.added(cpu.sync_block(get), cpu.sync_block(contender.plain), pairs)))
        return
    with asyncio.Runner() as runner:
        aget = contender.aget if name == OURS else contender.aplain
        blocks = cpu.async_block(aget, runner), cpu.async_block(contender.aplain, runner)
        print(json.dumps(cpu.added(*blocks, pairs)))


if __name__ == "__main__":
    main(*sys.argv[1:])

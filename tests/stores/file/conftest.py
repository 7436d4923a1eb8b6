"""Processes of one host that share a folder, and the emulator that they all ask."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from gatepass.stores import Entry, FileStore, Wanted
from gatepass.stores._protocol import Lease
from gatepass.testing import forget_quotas
from gatepass_emulator import Emulator

from ...patience import PATIENCE

NURSERY = Path(__file__).with_name("nursery.py")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def emulator(running: Emulator, no_variables: None, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator on the clock of the wall, which is the one that processes share."""
    forget_quotas()
    running.clock = time.time
    running.clear()
    for name, value in running.variables().items():
        monkeypatch.setenv(name, value)
    return running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store will be; nobody has made it yet."""
    monkeypatch.setenv("GATEPASS_STORE", f"file:{tmp_path / 'store'}")
    return tmp_path / "store"


class Crowd:
    """Processes that run the same few lines, `say` what came of it, and are counted in `pids`."""

    def __init__(self, count: int, code: str) -> None:
        pipe = subprocess.PIPE
        variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        command = [sys.executable, str(NURSERY), str(count), code]
        self._process = subprocess.Popen(command, env=variables, stdin=pipe, stdout=pipe, stderr=pipe)
        assert self._process.stdout is not None
        self.pids: list[int] = json.loads(self._process.stdout.readline() or "[]")
        self.errors = ""

    def release(self) -> Self:
        """Let them all begin."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None
        return self

    def line(self) -> Any:
        """What the next one of them says."""
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def said(self) -> list[Any]:
        """What they said by their end; what they wrote to stderr is in `errors`."""
        if self._process.stdin is not None:
            self.release()
        out, errors = self._process.communicate(timeout=PATIENCE)
        self.errors = errors.decode()
        return [json.loads(line) for line in out.splitlines()]

    def kill(self, *pids: int) -> None:
        for pid in pids or self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
            self._process.kill()
        with self._process:  # its pipes
            pass


Gather = Callable[[int, str], Crowd]


@pytest.fixture
def crowd(folder: Path) -> Iterator[Gather]:
    """Makes crowds, and leaves none behind."""
    with contextlib.ExitStack() as stack:

        def gather(count: int, code: str) -> Crowd:
            return stack.enter_context(contextlib.closing(Crowd(count, code)))

        yield gather


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a lease does not run out, and no lock is given up, because a process is slow."""
    monkeypatch.setattr("gatepass.stores._protocol.LEASE_SECONDS", PATIENCE)
    monkeypatch.setattr("gatepass.stores._file.LOCK_WAIT", PATIENCE)
    monkeypatch.setattr("gatepass.stores._lock_file.LOCK_WAIT", PATIENCE)


@pytest.fixture
def one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """File stores of this process look once: where a caller would have to wait it gets nothing from them."""
    monkeypatch.setattr("gatepass.stores._file.polls", lambda _until: iter([None]))


def mint(store: FileStore, wanted: Wanted, entry: Entry) -> None:
    """Put an entry into a store that has none."""
    lease = store.acquire(wanted, 0)
    assert isinstance(lease, Lease)
    store.publish(lease, entry)

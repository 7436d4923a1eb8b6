"""A folder for the file store, and processes of one host that share it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...timeouts import HANG_TIMEOUT
from ..helpers import Processes, StartProcesses


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the store that GATEPASS_STORE names; it does not exist yet."""
    monkeypatch.setenv("GATEPASS_STORE", f"file:{tmp_path / 'store'}")
    return tmp_path / "store"


@pytest.fixture
def start_processes(folder: Path) -> Iterator[StartProcesses]:
    """Starts processes, and stops those that are left at the end of the test."""
    with contextlib.ExitStack() as stack:

        def start(count: int, code: str) -> Processes:
            return stack.enter_context(contextlib.closing(Processes(count, code)))

        yield start


@pytest.fixture(autouse=True)
def long_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lease expires and no lock times out because the machine is busy."""
    monkeypatch.setattr("gatepass.stores._store.LEASE_SECONDS", HANG_TIMEOUT)
    monkeypatch.setattr("gatepass.stores._file_lock.LOCK_WAIT", HANG_TIMEOUT)


@pytest.fixture
def poll_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """File stores of this process return None where a caller would have to wait."""
    monkeypatch.setattr("gatepass.stores._file_store.poll", lambda _until: iter([None]))

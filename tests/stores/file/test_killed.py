"""Processes die, stop or fork while they hold a lock or write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from gatepass import Setu, Token
from gatepass.stores import Entry, FileStore, Lease, Wanted
from gatepass.stores._heartbeat import Heartbeat
from gatepass.stores._lock_file import FileLease, boot_time, locked
from gatepass_emulator import Emulator

from ...conftest import Gate, Time
from ...patience import PATIENCE, wait_for, wait_for_event
from .conftest import Gather

SCRIPT = Path(__file__).parents[3] / "scripts" / "bench" / "stores.py"
TELL = """
say('here')
say(Setu('sandbox', timeout=3000).token().value)
"""
"""Where a lock stays locked, this takes far longer than a test."""
TAKE = """
found = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Wanted('key', 'account'), 3000)
say(type(found).__name__)
"""


def test_the_holder_is_killed_in_mid_mint_and_the_next_one_asks_at_once(
    emulator: Emulator, crowd: Gather, gate: Gate
) -> None:
    gate.close(1)  # the holder never has an answer
    holder = crowd(1, TELL).release()
    wait_for_event(gate.arrived)
    waiters = crowd(7, TELL).release()
    assert [waiters.line() for _ in range(7)] == ["here"] * 7
    assert emulator.count("setu") == 1

    holder.kill()

    assert len(set(waiters.said())) == 1
    assert emulator.count("setu") == 2


def test_a_lock_file_left_over_is_no_delay(
    emulator: Emulator, folder: Path, crowd: Gather, gate: Gate, one_look: None
) -> None:
    gate.close(1)
    holder = crowd(1, TELL).release()
    wait_for_event(gate.arrived)
    holder.kill()
    holder.said()
    assert len(list(folder.glob("*.lock"))) == 1

    token = Setu("sandbox").token()

    assert emulator.count("setu") == 2
    assert Setu("sandbox").token() == token  # which it wrote, and so it had the lock
    assert emulator.count("setu") == 2


def test_a_child_forked_under_the_lock_does_not_keep_it(folder: Path, crowd: Gather) -> None:
    parent = crowd(
        1,
        """
import time
lease = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Wanted('key', 'account'), 0)
child = os.fork()
if child:
    say(child)
time.sleep(600)
""",
    ).release()
    child = parent.line()
    try:
        parent.kill()
        (found,) = crowd(1, TAKE).said()
        os.kill(child, 0)  # the child lives on
    finally:
        os.kill(child, signal.SIGKILL)
    assert found == "Lease"


def test_a_program_started_under_the_lock_does_not_keep_it(folder: Path, crowd: Gather) -> None:
    parent = crowd(
        1,
        """
import subprocess, time
lease = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Wanted('key', 'account'), 0)
child = subprocess.Popen(['sleep', '600'], close_fds=False)
say(child.pid)
time.sleep(600)
""",
    ).release()
    child = parent.line()
    try:
        parent.kill()
        (found,) = crowd(1, TAKE).said()
    finally:
        os.kill(child, signal.SIGKILL)
    assert found == "Lease"


def test_what_a_killed_writer_began_is_removed_by_the_next(emulator: Emulator, folder: Path) -> None:
    store = FileStore(folder)
    credential = Setu("sandbox", store=store)
    credential.token()
    (record,) = store.keys()
    draft = record.rename(record.with_name(f"{record.name}.draft"))

    assert Setu("sandbox", store=store).token().value
    assert not draft.exists()


def test_40_kills_in_mid_write_and_of_8_holders_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--rounds", "0", "--kills", "8", "--writes", "40"]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=2 * PATIENCE)
    print(done.stdout, done.stderr)
    assert done.returncode == 0


SHORT_LEASE = """
from gatepass.stores import _protocol
_protocol.LEASE_SECONDS = 3.0
"""
"""The lease of this process runs out although it is otherwise as patient as the others."""


def test_the_lease_of_a_stopped_holder_runs_out_and_is_taken_over_by_one_waiter(
    emulator: Emulator, folder: Path, crowd: Gather, gate: Gate
) -> None:
    gate.close(1)
    holder = crowd(1, SHORT_LEASE + TELL).release()
    wait_for_event(gate.arrived)
    os.kill(holder.pids[0], signal.SIGSTOP)

    (token,) = set(crowd(8, "say(Setu('sandbox').token().value)").said())
    assert emulator.count("setu") == 2

    os.kill(holder.pids[0], signal.SIGCONT)
    gate.open()
    _, late_token = holder.said()
    assert late_token != token  # it uses what it fetched
    assert Setu("sandbox").token().value == token  # but shares it no more: a newer one was there
    assert emulator.count("setu") == 2


def test_a_holder_renews_its_lease_while_the_provider_takes_its_time(
    emulator: Emulator, folder: Path, crowd: Gather, gate: Gate
) -> None:
    gate.close(1)
    holder = crowd(1, SHORT_LEASE.replace("3.0", "0.1") + TELL).release()
    wait_for_event(gate.arrived)
    (lock,) = folder.glob("*.lock")

    def expires_at() -> float:
        return float(FileLease.load(lock.read_bytes()).expires_at)

    wait_for(expires_at)
    first = expires_at()
    wait_for(lambda: expires_at() > first + 1)

    gate.open()
    assert len(holder.said()) == 2
    assert expires_at() == 0


def test_no_lease_is_renewed_beyond_the_deadline_of_its_request(folder: Path) -> None:
    store, heartbeat = FileStore(folder), Heartbeat()
    wanted = Wanted("key", "account", deadline_in=0.3)
    lease = store.acquire(wanted, 0)
    assert isinstance(lease, Lease)

    heartbeat.keep(store, lease, time.monotonic() + 0.3)

    wait_for(lambda: not heartbeat._running)
    assert isinstance(store.acquire(wanted, PATIENCE), Lease)


def test_a_token_that_was_fetched_without_the_lease_is_shared(
    emulator: Emulator, folder: Path, crowd: Gather, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.close(1)
    holder = crowd(1, TELL).release()
    wait_for_event(gate.arrived)
    os.kill(holder.pids[0], signal.SIGSTOP)
    monkeypatch.setattr("gatepass._renewal.STORE_PART", 0.001)

    token = Setu("sandbox", store=FileStore(folder)).token()

    assert emulator.count("setu") == 2
    wait_for(lambda: list(folder.glob("*.token")))
    assert Setu("sandbox", store=FileStore(folder)).token() == token
    assert emulator.count("setu") == 2


def test_a_token_that_was_fetched_without_the_lease_does_not_replace_one_that_was_issued_later(
    folder: Path,
) -> None:
    store, wanted, now = FileStore(folder), Wanted("key", "account"), time.time()
    for value, issued_at in ("fake-new", now), ("fake-old", now - 1):
        entry = Entry(Token(value, now + 1800), issued_at, now + 900, now + 1700)
        store.offer(wanted, entry)

    found = store.acquire(wanted, 0)

    assert isinstance(found, Entry)
    assert found.token.value == "fake-new"


def test_a_process_that_was_stopped_under_the_lock_itself_costs_the_others_the_store(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Setu("sandbox", store=FileStore(folder)).token()
    (lock,) = folder.glob("*.lock")
    monkeypatch.setattr("gatepass.stores._lock_file.LOCK_WAIT", 0.01)
    credential = Setu("sandbox", store=FileStore(folder))
    credential.forget(credential.token())

    with locked(lock, 0):
        assert credential.token().value

    assert emulator.count("setu") == 2
    assert "TimeoutError: a file stays locked" in caplog.text


def test_a_lease_of_before_the_last_boot_is_no_lease(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, wanted = FileStore(folder), Wanted("key", "account")
    assert isinstance(store.acquire(wanted, 0), Lease)
    assert store.acquire(wanted, 0) is None
    now = boot_time()
    monkeypatch.setattr("gatepass.stores._lock_file.boot_time", lambda: now - 86_400)

    assert isinstance(store.acquire(wanted, 0), Lease)


def test_a_store_is_waited_for_in_seven_tenths_of_the_time(
    emulator: Emulator, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepass.stores._tier.time", SimpleNamespace(monotonic=lambda: 0.0))

    class Stopped(FileStore):
        def acquire(self, wanted: Wanted, seconds: float) -> None:
            waited.append(seconds)

    waited: list[float] = []
    credential = Setu("sandbox", store=Stopped(), timeout=3000, clock=time.clock)

    assert credential.token().value
    assert waited == [pytest.approx(2100, abs=120)]  # less what the name of the record took

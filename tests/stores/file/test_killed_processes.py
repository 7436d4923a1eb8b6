"""Processes that die, stop or fork while they hold a lease or a lock, or write a file."""

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
from gatepass.stores import CachedToken, FileStore, Lease, Lookup
from gatepass.stores._file_lease import FileLease, boot_time
from gatepass.stores._file_lock import locked
from gatepass.stores._heartbeat import Heartbeat
from gatepass_emulator import Emulator

from ...helpers import FakeClock, PausedResponses
from ...timeouts import HANG_TIMEOUT, wait_for, wait_for_event
from ..helpers import StartProcesses, acquire_lease

SCRIPT = Path(__file__).parents[3] / "scripts" / "bench" / "stores.py"
REPORT_TOKEN = """
report('started')
report(Setu('sandbox', timeout=3000).token().value)
"""
"""If a lock stayed locked, this would take far longer than a test."""
ACQUIRE = """
result = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Lookup('key', 'account'), 3000)
report(type(result).__name__)
"""


def test_a_waiter_takes_over_at_once_when_the_holder_is_killed(
    emulator: Emulator, start_processes: StartProcesses, paused_responses: PausedResponses
) -> None:
    paused_responses.pause(1)  # the holder never gets a response
    holder = start_processes(1, REPORT_TOKEN).release()
    wait_for_event(paused_responses.request_arrived)
    waiters = start_processes(7, REPORT_TOKEN).release()
    assert [waiters.next_result() for _ in range(7)] == ["started"] * 7
    assert emulator.count("setu") == 1

    holder.kill()

    assert len(set(waiters.results())) == 1
    assert emulator.count("setu") == 2


def test_the_lock_file_of_a_killed_process_causes_no_delay(
    emulator: Emulator,
    folder: Path,
    start_processes: StartProcesses,
    paused_responses: PausedResponses,
    poll_once: None,
) -> None:
    paused_responses.pause(1)
    holder = start_processes(1, REPORT_TOKEN).release()
    wait_for_event(paused_responses.request_arrived)
    holder.kill()
    holder.results()
    assert len(list(folder.glob("*.lock"))) == 1

    token = Setu("sandbox").token()

    assert emulator.count("setu") == 2
    assert Setu("sandbox").token() == token  # it was written, so the lease was free
    assert emulator.count("setu") == 2


def test_a_forked_child_does_not_keep_the_lease_of_its_killed_parent(
    folder: Path, start_processes: StartProcesses
) -> None:
    parent = start_processes(
        1,
        """
import time
lease = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Lookup('key', 'account'), 0)
child = os.fork()
if child:
    report(child)
time.sleep(600)
""",
    ).release()
    child = parent.next_result()
    try:
        parent.kill()
        (result,) = start_processes(1, ACQUIRE).results()
        os.kill(child, 0)  # the child is alive
    finally:
        os.kill(child, signal.SIGKILL)
    assert result == "Lease"


def test_a_child_program_does_not_keep_the_lease_of_its_killed_parent(
    folder: Path, start_processes: StartProcesses
) -> None:
    parent = start_processes(
        1,
        """
import subprocess, time
lease = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Lookup('key', 'account'), 0)
child = subprocess.Popen(['sleep', '600'], close_fds=False)
report(child.pid)
time.sleep(600)
""",
    ).release()
    child = parent.next_result()
    try:
        parent.kill()
        (result,) = start_processes(1, ACQUIRE).results()
    finally:
        os.kill(child, signal.SIGKILL)
    assert result == "Lease"


def test_the_temporary_file_of_a_killed_writer_is_removed(emulator: Emulator, folder: Path) -> None:
    store = FileStore(folder)
    credential = Setu("sandbox", store=store)
    credential.token()
    (record,) = store.token_files()
    temporary = record.rename(record.with_name(f"{record.name}.tmp"))

    assert Setu("sandbox", store=store).token().value
    assert not temporary.exists()


def test_40_killed_writers_and_8_killed_holders_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--rounds", "0", "--kills", "8", "--writes", "40"]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    result = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=2 * HANG_TIMEOUT)
    print(result.stdout, result.stderr)
    assert result.returncode == 0


SHORT_LEASE = """
from gatepass.stores import _store
_store.LEASE_SECONDS = 3.0
"""
"""The lease of this process expires early, while all its other timeouts are long."""


def test_one_waiter_takes_over_the_expired_lease_of_a_stopped_holder(
    emulator: Emulator, folder: Path, start_processes: StartProcesses, paused_responses: PausedResponses
) -> None:
    paused_responses.pause(1)
    holder = start_processes(1, SHORT_LEASE + REPORT_TOKEN).release()
    wait_for_event(paused_responses.request_arrived)
    os.kill(holder.pids[0], signal.SIGSTOP)

    (token,) = set(start_processes(8, "report(Setu('sandbox').token().value)").results())
    assert emulator.count("setu") == 2

    os.kill(holder.pids[0], signal.SIGCONT)
    paused_responses.resume()
    _, late_token = holder.results()
    assert late_token != token  # it uses the token that it fetched
    assert Setu("sandbox").token().value == token  # but does not share it, because there is a newer one
    assert emulator.count("setu") == 2


def test_a_holder_renews_its_lease_while_it_waits_for_the_provider(
    emulator: Emulator, folder: Path, start_processes: StartProcesses, paused_responses: PausedResponses
) -> None:
    paused_responses.pause(1)
    holder = start_processes(1, SHORT_LEASE.replace("3.0", "0.1") + REPORT_TOKEN).release()
    wait_for_event(paused_responses.request_arrived)
    (lock,) = folder.glob("*.lock")

    def expires_at() -> float:
        return float(FileLease.load(lock.read_bytes()).expires_at)

    wait_for(expires_at)
    first = expires_at()
    wait_for(lambda: expires_at() > first + 1)

    paused_responses.resume()
    assert len(holder.results()) == 2
    assert expires_at() == 0


def test_a_lease_is_not_renewed_after_the_deadline_of_its_caller(folder: Path) -> None:
    store, heartbeat = FileStore(folder), Heartbeat()
    lookup = Lookup("key", "account", deadline_in=0.3)
    lease = acquire_lease(store, lookup, 0)

    heartbeat.keep(store, lease, time.monotonic() + 0.3)

    wait_for(lambda: not heartbeat._running)
    assert isinstance(store.acquire(lookup, HANG_TIMEOUT), Lease)


def test_a_token_that_was_fetched_without_a_lease_is_shared(
    emulator: Emulator,
    folder: Path,
    start_processes: StartProcesses,
    paused_responses: PausedResponses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paused_responses.pause(1)
    holder = start_processes(1, REPORT_TOKEN).release()
    wait_for_event(paused_responses.request_arrived)
    os.kill(holder.pids[0], signal.SIGSTOP)
    monkeypatch.setattr("gatepass._refresh.STORE_PART", 0.001)

    token = Setu("sandbox", store=FileStore(folder)).token()

    assert emulator.count("setu") == 2
    wait_for(lambda: list(folder.glob("*.token")))
    assert Setu("sandbox", store=FileStore(folder)).token() == token
    assert emulator.count("setu") == 2


def test_a_token_that_was_fetched_without_a_lease_does_not_replace_a_later_one(
    folder: Path,
) -> None:
    store, lookup, now = FileStore(folder), Lookup("key", "account"), time.time()
    for value, issued_at in ("fake-new", now), ("fake-old", now - 1):
        cached = CachedToken(Token(value, now + 1800), issued_at, now + 900, now + 1700)
        store.offer(lookup, cached)

    result = store.acquire(lookup, 0)

    assert isinstance(result, CachedToken)
    assert result.token.value == "fake-new"


def test_others_continue_without_the_store_if_a_process_is_stopped_holding_the_lock(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Setu("sandbox", store=FileStore(folder)).token()
    (lock,) = folder.glob("*.lock")
    monkeypatch.setattr("gatepass.stores._file_lock.LOCK_WAIT", 0.01)
    credential = Setu("sandbox", store=FileStore(folder))
    credential.invalidate(credential.token())

    with locked(lock, 0):
        assert credential.token().value

    assert emulator.count("setu") == 2
    assert "TimeoutError: a file stays locked" in caplog.text


def test_a_lease_from_before_a_reboot_is_ignored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, lookup = FileStore(folder), Lookup("key", "account")
    assert isinstance(store.acquire(lookup, 0), Lease)
    assert store.acquire(lookup, 0) is None
    now = boot_time()
    monkeypatch.setattr("gatepass.stores._file_lease.boot_time", lambda: now - 86_400)

    assert isinstance(store.acquire(lookup, 0), Lease)


def test_a_store_may_take_seven_tenths_of_the_timeout(
    emulator: Emulator, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepass.stores._safe_store.time", SimpleNamespace(monotonic=lambda: 0.0))

    class TimesOut(FileStore):
        def acquire(self, lookup: Lookup, timeout: float) -> None:
            timeouts.append(timeout)

    timeouts: list[float] = []
    credential = Setu("sandbox", store=TimesOut(), timeout=3000, clock=clock.clock)

    assert credential.token().value
    assert timeouts == [pytest.approx(2100, abs=120)]  # less the time for the name of the record

"""Processes die, stop or fork while they hold a lock or write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gatepass import Setu
from gatepass.stores import FileStore
from gatepass_emulator import Emulator

from .conftest import Gather, until

SCRIPT = Path(__file__).parents[3] / "scripts" / "bench" / "stores.py"
HELD = 5.0
"""Seconds that a mint would take whose holder is killed."""
TELL = """
import time
value = Setu('sandbox').token().value
say(value, time.monotonic())
"""
TAKE = """
import time
began = time.monotonic()
found = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Wanted('key', 'account'), 5)
say(type(found).__name__, time.monotonic() - began)
"""


def test_the_holder_is_killed_in_mid_mint_and_the_next_one_asks_at_once(
    emulator: Emulator, crowd: Gather, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=HELD)
    holder = crowd(1, TELL).release()
    until(lambda: emulator.count("setu") == 1)
    waiters = crowd(7, TELL).release()
    time.sleep(0.1)

    killed_at = time.monotonic()
    holder.kill()
    said = waiters.said()

    after = max(at for _, at in said) - killed_at
    with capsys.disabled():
        print(f"\n  the last of 7 waiters has a token {1000 * after:.0f} ms after the holder's end")
    assert len({value for value, _ in said}) == 1
    assert emulator.count("setu") == 2
    assert after < HELD / 10


def test_a_lock_file_left_over_is_no_delay(emulator: Emulator, folder: Path, crowd: Gather) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=HELD)
    holder = crowd(1, TELL).release()
    until(lambda: emulator.count("setu") == 1)
    holder.kill()
    holder.said()
    assert len(list(folder.glob("*.lock"))) == 1

    began = time.monotonic()
    assert Setu("sandbox").token().value
    assert time.monotonic() - began < HELD / 10


def test_a_child_forked_under_the_lock_does_not_keep_it(folder: Path, crowd: Gather) -> None:
    parent = crowd(
        1,
        """
import time
lease = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Wanted('key', 'account'), 0)
child = os.fork()
if child:
    say(child)
time.sleep(15)
""",
    ).release()
    child = parent.line()
    try:
        parent.kill()
        ((found, seconds),) = crowd(1, TAKE).said()
        os.kill(child, 0)  # the child lives on
    finally:
        os.kill(child, signal.SIGKILL)
    assert found == "Lease"
    assert seconds < 0.5


def test_a_program_started_under_the_lock_does_not_keep_it(folder: Path, crowd: Gather) -> None:
    parent = crowd(
        1,
        """
import subprocess, time
lease = FileStore(os.environ['GATEPASS_STORE'][5:]).acquire(Wanted('key', 'account'), 0)
child = subprocess.Popen(['sleep', '15'], close_fds=False)
say(child.pid)
time.sleep(15)
""",
    ).release()
    child = parent.line()
    try:
        parent.kill()
        ((found, seconds),) = crowd(1, TAKE).said()
    finally:
        os.kill(child, signal.SIGKILL)
    assert found == "Lease"
    assert seconds < 0.5


def test_what_a_killed_writer_began_is_removed_by_the_next(emulator: Emulator, folder: Path) -> None:
    store = FileStore(folder)
    credential = Setu("sandbox", store=store)
    credential.token()
    (record,) = store.keys()
    draft = record.rename(record.with_name(f"{record.name}.draft"))

    assert Setu("sandbox", store=store).token().value
    assert not draft.exists()


def test_40_kills_in_mid_write_and_a_soak_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--rounds", "0", "--soak", "1", "--writes", "40"]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=30)
    print(done.stdout, done.stderr)
    assert done.returncode == 0


def test_a_holder_that_is_stopped_stops_nobody_for_longer_than_a_call(
    emulator: Emulator, folder: Path, crowd: Gather
) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=0.2)
    holder = crowd(1, TELL).release()
    until(lambda: emulator.count("setu") == 1)
    os.kill(holder.pids[0], signal.SIGSTOP)

    began = time.monotonic()
    token = Setu("sandbox", store=FileStore(folder), timeout=0.7).token()

    assert token.value
    assert time.monotonic() - began < 0.7

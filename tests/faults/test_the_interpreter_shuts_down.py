"""The interpreter shuts down: whoever still wants a token gets one, and nobody is kept waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from gatepass import Setu
from gatepass_emulator import Emulator

from ..conftest import Gate, Time, Way
from ..patience import PATIENCE, wait_for_event

BEGIN = """
import atexit, asyncio, logging, threading
from gatepass import Setu
logging.getLogger("asyncio").setLevel("ERROR")
setu = Setu("sandbox", timeout=3000)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    """A program of its own, which shows warnings and whatever asyncio finds but for steps that take long."""
    return subprocess.run(
        [sys.executable, "-X", "dev", "-c", BEGIN + program], capture_output=True, text=True, timeout=PATIENCE
    )


def test_a_token_is_wanted_at_exit(emulator: Emulator) -> None:
    done = run("atexit.register(lambda: print(len(setu.token().value) > 10))")

    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
    assert emulator.count("setu") == 1


def test_a_token_is_wanted_by_an_event_loop_at_exit(emulator: Emulator) -> None:
    done = run("atexit.register(lambda: print(len(asyncio.run(setu.atoken()).value) > 10))")

    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
    assert emulator.count("setu") == 1


def test_where_no_thread_can_be_started_the_caller_renews_in_place(
    emulator: Emulator, time: Time, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(*_: object) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr("_thread.start_new_thread", no_more)
    credential = Setu("sandbox", clock=time.clock)
    first = credential.token()
    time.pass_(0.85 * 1800)

    assert credential.token() == first
    assert credential.token() != first
    assert emulator.count("setu") == 2


def test_a_program_ends_in_the_middle_of_a_renewal(emulator: Emulator, gate: Gate) -> None:
    done = run(
        "threading.Thread(target=setu.token, daemon=True).start()\n"
        "while not any(one.name.startswith('gatepass ') for one in threading.enumerate()): pass"
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_is_stopped_while_it_waits(emulator: Emulator, gate: Gate) -> None:
    with subprocess.Popen([sys.executable, "-c", BEGIN + "setu.token()"], stderr=subprocess.PIPE) as process:
        wait_for_event(gate.arrived)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == -signal.SIGINT
    assert b"KeyboardInterrupt" in said
    assert os.environ["SETU_SANDBOX_SECRET"].encode() not in said
    assert emulator.count("setu") == 1


def test_a_token_is_wanted_while_modules_are_taken_apart_and_nothing_hangs(emulator: Emulator) -> None:
    done = run(
        "import builtins, sys\n"
        "from gatepass import GatepassError\n"
        "class Late:\n"
        "    def __del__(self, setu=setu, sys=sys, error=GatepassError):\n"
        "        try: setu.token()\n"
        "        except error: pass\n"
        "        print(sys.is_finalizing())\n"
        "builtins.late = Late()"
    )

    assert (done.returncode, done.stdout) == (0, "True\n")

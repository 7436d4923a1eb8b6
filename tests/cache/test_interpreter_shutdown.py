"""The interpreter shuts down: a token can still be fetched, and nothing hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from gatepass import Setu
from gatepass_emulator import Emulator

from ..helpers import FakeClock, PausedResponses, Runner
from ..timeouts import HANG_TIMEOUT, wait_for_event

pytestmark = pytest.mark.posix
PREAMBLE = """
import atexit, asyncio, logging, threading
from gatepass import Setu
logging.getLogger("asyncio").setLevel("ERROR")
setu = Setu("sandbox", timeout=3000)
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in development mode, which shows warnings, but without asyncio's about slow steps.

    In that mode Python 3.11.2 crashes at exit while any daemon thread starts, and 3.11.7 does not.
    """
    options = ["-X", "dev"] if sys.version_info >= (3, 11, 7) else ["-W", "default"]
    return subprocess.run(
        [sys.executable, *options, "-c", PREAMBLE + program],
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )


def test_a_token_is_fetched_at_exit(emulator: Emulator) -> None:
    done = run("atexit.register(lambda: print(len(setu.token().value) > 10))")

    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
    assert emulator.count("setu") == 1


def test_a_token_is_fetched_by_an_event_loop_at_exit(emulator: Emulator) -> None:
    done = run("atexit.register(lambda: print(len(asyncio.run(setu.atoken()).value) > 10))")

    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
    assert emulator.count("setu") == 1


def test_if_no_thread_can_be_started_the_caller_fetches_the_token_itself(
    emulator: Emulator, clock: FakeClock, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr("_thread.start_new_thread", fail)
    credential = Setu("sandbox", clock=clock.clock)
    first = credential.token()
    clock.advance(0.85 * 1800)

    assert credential.token() == first
    assert credential.token() != first
    assert emulator.count("setu") == 2


def test_a_program_exits_during_a_fetch(emulator: Emulator, paused_responses: PausedResponses) -> None:
    done = run(
        "threading.Thread(target=setu.token, daemon=True).start()\n"
        "while not any(thread.name.startswith('gatepass ') for thread in threading.enumerate()): pass"
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_is_interrupted_while_it_waits(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + "setu.token()"], stderr=subprocess.PIPE
    ) as process:
        wait_for_event(paused_responses.request_arrived)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=HANG_TIMEOUT)

    assert process.returncode == -signal.SIGINT
    assert b"KeyboardInterrupt" in stderr
    assert os.environ["SETU_SANDBOX_SECRET"].encode() not in stderr
    assert emulator.count("setu") == 1


def test_a_token_requested_during_finalization_does_not_hang(emulator: Emulator) -> None:
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

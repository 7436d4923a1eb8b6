"""The command serves, prints its variables, or runs another command with them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ..patience import PATIENCE
from .conftest import SPECS

ROOTS = os.pathsep.join(str(Path(SPECS).parent / root) for root in ("overlay", "generated"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": ROOTS}


IGNORED = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""As a shell without job control starts `gatepass emulator &`."""
EARLY = """
import os, signal, subprocess
class Popen(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        os.kill(os.getpid(), signal.SIGTERM)
subprocess.Popen = Popen
"""


def start(port: int | None, env_only: bool, *command: str, before: str = "") -> subprocess.Popen[str]:
    arguments = f"{port}, Path({str(SPECS)!r}), {env_only}, {list(command)}"
    code = f"{before}\nfrom pathlib import Path; from gatepass_emulator import run; exit(run({arguments}))"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=ENVIRONMENT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Without a terminal of its own, so that a Ctrl-C is forwarded.
        start_new_session=True,
    )


def test_a_command_runs_with_the_variables_and_gives_its_exit_code() -> None:
    code = (
        "import os, sys, urllib.request, urllib.error\n"
        "try: urllib.request.urlopen(os.environ['SETU_SANDBOX_BASE_URL'] + '/echo')\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
        "sys.exit(7)"
    )
    running = start(None, False, sys.executable, "-c", code)
    said, _ = running.communicate(timeout=PATIENCE)
    assert (said.strip(), running.returncode) == ("401", 7)


def test_a_command_that_is_not_there_is_127() -> None:
    running = start(None, False, "no-such-command")
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 127
    assert "no-such-command" in said


def test_a_signal_that_comes_while_the_command_is_being_started_reaches_it() -> None:
    with start(None, False, "sleep", "600", before=EARLY) as running:
        assert running.wait(PATIENCE) == 128 + signal.SIGTERM


def test_a_command_ignores_ctrl_c_where_the_shell_wants_it() -> None:
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    running = start(None, False, sys.executable, "-c", code, before=IGNORED)
    said, _ = running.communicate(timeout=PATIENCE)
    assert (said, running.returncode) == ("True\n", 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_command(number: signal.Signals) -> None:
    code = (
        "import signal, time\n"
        f"signal.signal({int(number)}, lambda *_: exit(9))\n"
        "print('up', flush=True); time.sleep(600)"
    )
    running = start(None, False, sys.executable, "-c", code)
    assert running.stdout is not None
    assert running.stdout.readline() == "up\n"
    running.send_signal(number)
    running.communicate(timeout=PATIENCE)
    assert running.returncode == 9


@pytest.mark.parametrize(
    ("number", "before"), [(signal.SIGINT, ""), (signal.SIGTERM, ""), (signal.SIGTERM, IGNORED)]
)
def test_serving_ends_with_a_signal(number: signal.Signals, before: str) -> None:
    running = start(0, False, before=before)
    assert running.stdout is not None
    assert running.stderr is not None
    ready = running.stderr.readline()
    assert ready.startswith("serving on http://127.0.0.1:")
    url = ready.split()[2].rstrip(",")
    live = running.stderr.readline().split()[-1]
    assert httpx.get(live).text.startswith("<!doctype html>")
    assert httpx.get(f"{url}/setu/sandbox/echo").status_code == 401
    assert running.stderr.readline().endswith("setu/sandbox GET /echo 401\n")
    running.send_signal(number)
    said, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert f"export SETU_SANDBOX_BASE_URL={url}/setu/sandbox\n" in said


def test_the_variables_alone_are_stable() -> None:
    running = start(None, True)
    said, complaint = running.communicate(timeout=PATIENCE)
    assert (running.returncode, complaint) == (0, "")
    assert "export SU_SANDBOX_BASE_URL=http://127.0.0.1:8765/su/sandbox\n" in said
    assert all(line.startswith("export ") for line in said.splitlines())


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = start(port, False)
        said, complaint = running.communicate(timeout=PATIENCE)
    assert (running.returncode, said) == (2, "")
    assert complaint == f"gatepass emulator: port {port}: Address already in use\n"

"""The command serves, prints its variables, or runs another command with them."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ..patience import PATIENCE
from .conftest import SPECS, Desk
from .test_spec import SIXTH

COMMAND = "import sys; from gatepass.cli import main; sys.exit(main())"
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


def start(*arguments: str, before: str = "", **variables: str) -> subprocess.Popen[str]:
    """`gatepass emulator` with these arguments, and with these variables on top of those of the tests."""
    clean = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    return subprocess.Popen(
        [sys.executable, "-c", f"{before}\n{COMMAND}", "emulator", "--specs", str(SPECS), *arguments],
        env=clean | variables,
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
    running = start("--", sys.executable, "-c", code)
    said, _ = running.communicate(timeout=PATIENCE)
    assert (said.strip(), running.returncode) == ("401", 7)


def test_a_command_that_is_not_there_is_127() -> None:
    running = start("--", "no-such-command")
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 127
    assert "no-such-command" in said


def test_a_signal_that_comes_while_the_command_is_being_started_reaches_it() -> None:
    with start("--", "sleep", "600", before=EARLY) as running:
        assert running.wait(PATIENCE) == 128 + signal.SIGTERM


def test_a_command_ignores_ctrl_c_where_the_shell_wants_it() -> None:
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    running = start("--", sys.executable, "-c", code, before=IGNORED)
    said, _ = running.communicate(timeout=PATIENCE)
    assert (said, running.returncode) == ("True\n", 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_command(number: signal.Signals) -> None:
    code = (
        "import signal, time\n"
        f"signal.signal({int(number)}, lambda *_: exit(9))\n"
        "print('up', flush=True); time.sleep(600)"
    )
    running = start("--", sys.executable, "-c", code)
    assert running.stdout is not None
    assert running.stdout.readline() == "up\n"
    running.send_signal(number)
    running.communicate(timeout=PATIENCE)
    assert running.returncode == 9


@pytest.mark.parametrize(
    ("number", "before"), [(signal.SIGINT, ""), (signal.SIGTERM, ""), (signal.SIGTERM, IGNORED)]
)
def test_serving_ends_with_a_signal(number: signal.Signals, before: str) -> None:
    running = start("--port", "0", before=before)
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
    assert f"export SETU_SANDBOX_BASE_URL='{url}/setu/sandbox'\n" in said


def test_the_variables_alone_are_stable() -> None:
    running = start("--env")
    said, complaint = running.communicate(timeout=PATIENCE)
    assert (running.returncode, complaint) == (0, "")
    assert "export SU_SANDBOX_BASE_URL='http://127.0.0.1:8765/su/sandbox'\n" in said
    assert all(line.startswith("export ") for line in said.splitlines())


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = start("--port", str(port))
        said, complaint = running.communicate(timeout=PATIENCE)
    assert (running.returncode, said) == (2, "")
    assert complaint == f"gatepass emulator: port {port}: Address already in use\n"


LOOPBACK = "127.0.0.1,localhost,::1"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [LOOPBACK, LOOPBACK]),
        ({"NO_PROXY": "corp.example"}, [f"corp.example,{LOOPBACK}"] * 2),
        ({"no_proxy": "a.example, localhost"}, ["a.example,localhost,127.0.0.1,::1"] * 2),
        ({"NO_PROXY": "a", "no_proxy": "b"}, [f"a,{LOOPBACK}", f"b,{LOOPBACK}"]),
        ({"NO_PROXY": "*"}, ["*", "*"]),
    ],
)
def test_what_runs_beside_the_emulator_reaches_it_without_a_proxy(
    variables: dict[str, str], expected: list[str]
) -> None:
    code = "import os; print(os.environ['NO_PROXY'], os.environ['no_proxy'], sep='\\n')"
    said, _ = start("--", sys.executable, "-c", code, **variables).communicate(timeout=PATIENCE)
    printed, _ = start("--env", **variables).communicate(timeout=PATIENCE)

    assert said.splitlines() == expected
    assert [line for line in printed.splitlines() if "PROXY" in line.upper()] == [
        f"export NO_PROXY='{expected[0]}'",
        f"export no_proxy='{expected[1]}'",
    ]


def test_a_proxy_that_is_not_there_does_not_stand_between_a_command_and_the_emulator() -> None:
    code = "import httpx, os; print(httpx.get(os.environ['SETU_SANDBOX_BASE_URL'] + '/echo').status_code)"
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    running = start("--", sys.executable, "-c", code, **proxies)
    said, complaint = running.communicate(timeout=PATIENCE)
    assert (said, running.returncode) == ("401\n", 0), complaint


def test_a_command_that_is_no_program_is_126(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense"
    nonsense.write_bytes(b"\0")
    nonsense.chmod(0o700)
    running = start("--", str(nonsense))
    _, complaint = running.communicate(timeout=PATIENCE)
    assert running.returncode == 126
    assert complaint.startswith("gatepass emulator: ")
    assert "Traceback" not in complaint


def test_the_variables_of_a_folder_of_specs_run_nothing_in_a_shell(tmp_path: Path) -> None:
    value = "'; touch pwned; '$(touch pwned)`touch pwned`"
    sixth = SIXTH.replace(
        "schema: {type: string}}", f"schema: {{type: string}}, example: {json.dumps(value)}}}"
    )
    (tmp_path / "sixth.yaml").write_text(sixth)
    gatepass = shlex.join([sys.executable, "-m", "gatepass"])
    code = f'eval "$({gatepass} emulator --specs . --env)"; printf %s "$SIXTH_SANDBOX_APP"'

    done = subprocess.run(["sh", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)

    assert done.stdout == value
    assert [path.name for path in tmp_path.iterdir()] == ["sixth.yaml"]


def test_the_names_of_a_folder_of_specs_run_nothing_in_a_shell(tmp_path: Path) -> None:
    (tmp_path / "sixth.yaml").write_text(
        SIXTH.replace("x-oai-name: sandbox", "x-oai-name: x=1;touch pwned;y")
    )
    gatepass = shlex.join([sys.executable, "-m", "gatepass"])
    code = f'eval "$({gatepass} emulator --specs . --env)"'

    done = subprocess.run(["sh", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)

    assert [path.name for path in tmp_path.iterdir()] == ["sixth.yaml"]
    assert done.stdout == ""
    assert done.stderr.startswith("gatepass emulator: ")


def test_a_line_of_the_log_cannot_steer_the_terminal(desk: Desk) -> None:
    desk.client.get(f"{desk.url('setu', 'sandbox')}/%1b%5d0;pwned%07%c2%9b2J%e2%80%ae")

    line = str(desk.emulator.calls[-1])

    assert line.endswith(r"setu/sandbox GET /\x1b]0;pwned\x07\x9b2J\u202e 404")

"""`gatepass emulator` serves, prints its variables, or runs another command with them."""

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

from ..timeouts import HANG_TIMEOUT
from .conftest import SPECS, ProviderApis
from .test_spec import SIXTH

pytestmark = pytest.mark.posix
COMMAND = "import sys; from gatepass_cli import main; sys.exit(main())"
SIGINT_IGNORED = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""A shell without job control starts `gatepass emulator &` like this."""
SIGTERM_DURING_START = """
import os, signal, subprocess
class Popen(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        os.kill(os.getpid(), signal.SIGTERM)
subprocess.Popen = Popen
"""


def start(*arguments: str, before: str = "", **variables: str) -> subprocess.Popen[str]:
    """Run `gatepass emulator` with these arguments and additional environment variables."""
    clean = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    return subprocess.Popen(
        [sys.executable, "-c", f"{before}\n{COMMAND}", "emulator", "--specs", str(SPECS), *arguments],
        env=clean | variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Without a terminal, so that Ctrl-C is forwarded.
        start_new_session=True,
    )


def test_a_command_runs_with_the_variables_and_returns_its_exit_code() -> None:
    code = (
        "import os, sys, urllib.request, urllib.error\n"
        "try: urllib.request.urlopen(os.environ['SETU_SANDBOX_BASE_URL'] + '/echo')\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
        "sys.exit(7)"
    )
    process = start("--", sys.executable, "-c", code)
    stdout, _ = process.communicate(timeout=HANG_TIMEOUT)
    assert (stdout.strip(), process.returncode) == ("401", 7)


def test_a_missing_command_exits_with_127() -> None:
    process = start("--", "no-such-command")
    _, stderr = process.communicate(timeout=HANG_TIMEOUT)
    assert process.returncode == 127
    assert "no-such-command" in stderr


def test_a_signal_during_the_start_of_the_command_reaches_it() -> None:
    with start("--", "sleep", "600", before=SIGTERM_DURING_START) as process:
        assert process.wait(HANG_TIMEOUT) == 128 + signal.SIGTERM


def test_a_command_ignores_ctrl_c_if_its_shell_does() -> None:
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    process = start("--", sys.executable, "-c", code, before=SIGINT_IGNORED)
    stdout, _ = process.communicate(timeout=HANG_TIMEOUT)
    assert (stdout, process.returncode) == ("True\n", 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_are_forwarded_to_the_command(number: signal.Signals) -> None:
    code = (
        "import signal, time\n"
        f"signal.signal({int(number)}, lambda *_: exit(9))\n"
        "print('up', flush=True); time.sleep(600)"
    )
    process = start("--", sys.executable, "-c", code)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    process.communicate(timeout=HANG_TIMEOUT)
    assert process.returncode == 9


@pytest.mark.parametrize(
    ("number", "before"), [(signal.SIGINT, ""), (signal.SIGTERM, ""), (signal.SIGTERM, SIGINT_IGNORED)]
)
def test_a_signal_stops_the_server(number: signal.Signals, before: str) -> None:
    process = start("--port", "0", before=before)
    assert process.stdout is not None
    assert process.stderr is not None
    ready = process.stderr.readline()
    assert ready.startswith("serving on http://127.0.0.1:")
    url = ready.split()[2].rstrip(",")
    live = process.stderr.readline().split()[-1]
    assert httpx.get(live).text.startswith("<!doctype html>")
    assert httpx.get(f"{url}/setu/sandbox/echo").status_code == 401
    assert process.stderr.readline().endswith("setu/sandbox GET /echo 401\n")
    process.send_signal(number)
    stdout, _ = process.communicate(timeout=HANG_TIMEOUT)
    assert process.returncode == 0
    assert f"export SETU_SANDBOX_BASE_URL='{url}/setu/sandbox'\n" in stdout


def test_env_prints_the_variables_of_the_default_port() -> None:
    process = start("--env")
    stdout, stderr = process.communicate(timeout=HANG_TIMEOUT)
    assert (process.returncode, stderr) == (0, "")
    assert "export SU_SANDBOX_BASE_URL='http://127.0.0.1:8765/su/sandbox'\n" in stdout
    assert all(line.startswith("export ") for line in stdout.splitlines())


def test_a_port_in_use_is_one_line_on_stderr() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        process = start("--port", str(port))
        stdout, stderr = process.communicate(timeout=HANG_TIMEOUT)
    assert (process.returncode, stdout) == (2, "")
    assert stderr == f"gatepass emulator: port {port}: Address already in use\n"


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
def test_no_proxy_lists_loopback_for_commands_and_shells(
    variables: dict[str, str], expected: list[str]
) -> None:
    code = "import os; print(os.environ['NO_PROXY'], os.environ['no_proxy'], sep='\\n')"
    stdout, _ = start("--", sys.executable, "-c", code, **variables).communicate(timeout=HANG_TIMEOUT)
    env_output, _ = start("--env", **variables).communicate(timeout=HANG_TIMEOUT)

    assert stdout.splitlines() == expected
    assert [line for line in env_output.splitlines() if "PROXY" in line.upper()] == [
        f"export NO_PROXY='{expected[0]}'",
        f"export no_proxy='{expected[1]}'",
    ]


def test_a_command_reaches_the_emulator_despite_an_unreachable_proxy() -> None:
    code = "import httpx, os; print(httpx.get(os.environ['SETU_SANDBOX_BASE_URL'] + '/echo').status_code)"
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    process = start("--", sys.executable, "-c", code, **proxies)
    stdout, stderr = process.communicate(timeout=HANG_TIMEOUT)
    assert (stdout, process.returncode) == ("401\n", 0), stderr


def test_a_command_that_cannot_be_executed_exits_with_126(tmp_path: Path) -> None:
    not_a_program = tmp_path / "not_a_program"
    not_a_program.write_bytes(b"\0")
    not_a_program.chmod(0o700)
    process = start("--", str(not_a_program))
    _, stderr = process.communicate(timeout=HANG_TIMEOUT)
    assert process.returncode == 126
    assert stderr.startswith("gatepass emulator: ")
    assert "Traceback" not in stderr


def test_examples_in_specs_cannot_inject_shell_commands(tmp_path: Path) -> None:
    value = "'; touch pwned; '$(touch pwned)`touch pwned`"
    sixth = SIXTH.replace(
        "schema: {type: string}}", f"schema: {{type: string}}, example: {json.dumps(value)}}}"
    )
    (tmp_path / "sixth.yaml").write_text(sixth)
    gatepass = shlex.join([sys.executable, "-m", "gatepass"])
    code = f'eval "$({gatepass} emulator --specs . --env)"; printf %s "$SIXTH_SANDBOX_APP"'

    shell = subprocess.run(
        ["sh", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=HANG_TIMEOUT
    )

    assert shell.stdout == value
    assert [path.name for path in tmp_path.iterdir()] == ["sixth.yaml"]


def test_names_in_specs_cannot_inject_shell_commands(tmp_path: Path) -> None:
    (tmp_path / "sixth.yaml").write_text(
        SIXTH.replace("x-oai-name: sandbox", "x-oai-name: x=1;touch pwned;y")
    )
    gatepass = shlex.join([sys.executable, "-m", "gatepass"])
    code = f'eval "$({gatepass} emulator --specs . --env)"'

    shell = subprocess.run(
        ["sh", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=HANG_TIMEOUT
    )

    assert [path.name for path in tmp_path.iterdir()] == ["sixth.yaml"]
    assert shell.stdout == ""
    assert shell.stderr.startswith("gatepass emulator: ")


def test_a_line_of_the_log_has_no_terminal_escapes(api: ProviderApis) -> None:
    api.client.get(f"{api.url('setu', 'sandbox')}/%1b%5d0;pwned%07%c2%9b2J%e2%80%ae")

    line = str(api.emulator.calls[-1])

    assert line.endswith(r"setu/sandbox GET /\x1b]0;pwned\x07\x9b2J\u202e 404")

"""The programs and commands of the README run as printed, against the emulator."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gatepass_emulator import Emulator

from .timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.S)
SESSIONS = re.findall(r"```console\n(.*?)```", README, re.S)


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with this Python and its scripts first on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path} | variables
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=HANG_TIMEOUT
    )


def assert_no_secret(emulator: Emulator, printed: str) -> None:
    secrets = {value for name, value in emulator.variables().items() if name.endswith(("SECRET", "PASSWORD"))}
    assert {secret for secret in secrets if secret in printed} == set()


def test_the_readme_has_5_programs_and_3_sessions() -> None:
    assert (len(PROGRAMS), len(SESSIONS)) == (5, 3)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_of_the_readme_runs(emulator: Emulator, tmp_path: Path, program: str) -> None:
    (tmp_path / "program.py").write_text(program, encoding="utf-8")

    done = run([sys.executable, "program.py"], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert_no_secret(emulator, done.stdout)
    assert emulator.count("setu") + emulator.count("sahamati") > 0 or "Telemetry" in program


@pytest.mark.parametrize("session", SESSIONS, ids=range(len(SESSIONS)))
def test_the_commands_of_a_session_run(emulator: Emulator, tmp_path: Path, session: str) -> None:
    """The first program is saved as my_program.py. `make` is a dry run, because it would run this test."""
    lines = session.splitlines()
    assert [line for line in lines if not line.startswith("$ ")] == []
    (tmp_path / "my_program.py").write_text(PROGRAMS[0], encoding="utf-8")
    folder = ROOT if "make" in session else tmp_path

    done = run(["sh", "-e", "-c", "\n".join(line[2:] for line in lines)], folder, MAKEFLAGS="n")

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert_no_secret(emulator, done.stdout + done.stderr)


def test_the_first_program_has_at_most_15_lines() -> None:
    assert len([line for line in PROGRAMS[0].splitlines() if line.strip()]) <= 15

"""The README's programs and commands run as they stand there, against the emulator."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gatepass_emulator import Emulator

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.S)
SESSIONS = re.findall(r"```console\n(.*?)```", README, re.S)


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run something in a folder, with this Python and its commands first in the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path} | variables
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def assert_no_secret(emulator: Emulator, printed: str) -> None:
    secrets = {value for name, value in emulator.variables().items() if name.endswith(("SECRET", "PASSWORD"))}
    assert {secret for secret in secrets if secret in printed} == set()


def test_the_readme_has_programs_and_commands() -> None:
    assert (len(PROGRAMS), len(SESSIONS)) == (5, 3)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_runs(emulator: Emulator, tmp_path: Path, program: str) -> None:
    (tmp_path / "program.py").write_text(program, encoding="utf-8")

    done = run([sys.executable, "program.py"], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert_no_secret(emulator, done.stdout)
    assert emulator.count("setu") + emulator.count("sahamati") > 0 or "Telemetry" in program


@pytest.mark.parametrize("session", SESSIONS, ids=range(len(SESSIONS)))
def test_commands_run(emulator: Emulator, tmp_path: Path, session: str) -> None:
    """Like a user who saved the first program. `make` only says what it would do: it would run this test."""
    lines = session.splitlines()
    assert [line for line in lines if not line.startswith("$ ")] == []
    (tmp_path / "my_program.py").write_text(PROGRAMS[0], encoding="utf-8")
    folder = ROOT if "make" in session else tmp_path

    done = run(["sh", "-e", "-c", "\n".join(line[2:] for line in lines)], folder, MAKEFLAGS="n")

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert_no_secret(emulator, done.stdout + done.stderr)


def test_the_first_program_is_as_short_as_its_heading_says() -> None:
    assert len([line for line in PROGRAMS[0].splitlines() if line.strip()]) <= 15

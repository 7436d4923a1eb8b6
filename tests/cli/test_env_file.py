"""`--env-file`: variables of a .env file, for every command that reads variables."""

import json
import os
import sys
from pathlib import Path

import pytest

from gatepass_emulator import Emulator

from .shell import run, run_in_subprocess


@pytest.fixture
def env_file(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file with the variables of Setu, which are not set any more."""
    lines = []
    for name, value in emulator.variables().items():
        if name.startswith("SETU_"):
            lines.append(f"{name}='{value}'\n")
            monkeypatch.delenv(name)
    (tmp_path / ".env").write_text("".join(lines))
    return str(tmp_path / ".env")


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (("token", "setu", "sandbox"), "."),
        (("doctor", "setu", "sandbox"), "ok      variables"),
        (("list", "setu"), " set\n"),
    ],
)
def test_a_command_reads_the_file(env_file: str, command: tuple[str, ...], printed: str) -> None:
    done = run_in_subprocess(*command, "--env-file", env_file)

    assert done.returncode == 0, done.stderr
    assert printed in done.stdout


def test_a_credential_helper_reads_the_file(emulator: Emulator, env_file: str) -> None:
    uri = json.dumps({"uri": emulator.variables()["SETU_SANDBOX_BASE_URL"] + "/echo"})

    done = run_in_subprocess("credential-helper", "get", "--env-file", env_file, input=uri)

    assert json.loads(done.stdout)["headers"]["Authorization"][0].startswith("Bearer ")


def test_a_variable_that_is_set_comes_first(env_file: str) -> None:
    variables = os.environ | {"SETU_SANDBOX_SECRET": "fake-other"}

    assert (
        run_in_subprocess("token", "setu", "sandbox", "--env-file", env_file, env=variables).returncode == 3
    )


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dotenv", None)

    done = run("list", "--env-file", "fake.env")

    assert done.returncode == 2
    assert "pip install 'gatepass[cli]'" in done.stderr

"""Control characters from a provider, a file name or an argument cannot steer the terminal."""

import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT
from .shell import COMMAND, run

HOSTILE = "\x1b]0;pwned\x07\x9b2J\u202e\rok"
HARMLESS = r"\x1b]0;pwned\x07\x9b2J\u202e\rok"


def run_on_a_terminal(*arguments: str) -> tuple[str, str]:
    """Run the command with a terminal as stdout; return what it displays, and stderr."""
    terminal, stdout = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(stdout)
        printed = b""
        while select.select([terminal], [], [], HANG_TIMEOUT)[0]:
            try:
                printed += os.read(terminal, 4096)
            except OSError:  # the command has ended
                break
        _, stderr = process.communicate(timeout=HANG_TIMEOUT)
    os.close(terminal)
    return printed.decode().replace("\r\n", "\n"), stderr


def test_a_warning_of_a_provider_is_escaped(emulator: Emulator) -> None:
    emulator.fault("sahamati", "uat", operation="generateEntityToken", patch={"/message": HOSTILE})

    done = run("token", "sahamati", "uat")

    assert f"gatepass: {HARMLESS}\n" in done.stderr


def test_a_secret_is_escaped_only_on_a_terminal(emulator: Emulator) -> None:
    emulator.fault("sahamati", "uat", operation="readEntitySecret", patch={"/secret": HOSTILE})
    arguments = ("secret", "read", "sahamati", "uat", "fake-aa-1")

    printed, stderr = run_on_a_terminal(*arguments)

    assert printed == HARMLESS + "\n"
    assert "control characters" in stderr
    assert run(*arguments).stdout == HOSTILE + "\n"


def test_an_ordinary_secret_is_printed_unchanged_on_a_terminal(emulator: Emulator) -> None:
    printed, stderr = run_on_a_terminal("secret", "read", "sahamati", "uat", "fake-aa-1")

    assert printed == emulator.variables()["SAHAMATI_UAT_SECRET"] + "\n"
    assert "control characters" not in stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["token", "setu", HOSTILE],
        ["token", HOSTILE, "sandbox"],
        ["token", "setu", "sandbox", HOSTILE],
        ["secret", "read", "sahamati", "uat", "fake-aa-1", "--out", f"/{HOSTILE}/x"],
        ["emulator", "--specs", f"/{HOSTILE}", "--env"],
    ],
)
def test_an_argument_in_an_error_is_escaped(emulator: Emulator, arguments: list[str]) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert not set(HOSTILE) - set("]0;pwned2Jok") & set(done.stderr)


def test_a_missing_command_is_named_with_escapes(capfd: pytest.CaptureFixture[str]) -> None:
    process = subprocess.run([*COMMAND, "emulator", "--", f"/{HOSTILE}"], timeout=HANG_TIMEOUT)

    assert process.returncode == 127
    assert HARMLESS in capfd.readouterr().err


def test_list_does_not_show_an_invalid_base_url(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETU_SANDBOX_BASE_URL", f"https://setu.example/{HOSTILE}")
    monkeypatch.setenv("SU_SANDBOX_BASE_URL", "https://user:fake-hidden@su.example/")
    monkeypatch.setenv("SU_PRODUCTION_BASE_URL", "fake-hidden-too")

    printed = run("list").stdout

    assert HOSTILE not in printed
    assert "fake-hidden" not in printed
    assert "su sandbox  not a plain https://HOST/PATH, so it is not shown" in printed


def test_a_folder_in_an_error_is_escaped(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / HOSTILE  # where a file is expected
    folder.mkdir()
    monkeypatch.setenv("SETU_SANDBOX_SECRET_FILE", str(folder))
    monkeypatch.delenv("SETU_SANDBOX_SECRET")

    done = run("token", "setu", "sandbox")

    assert done.returncode == 2
    assert HARMLESS in done.stderr

"""What a provider, a file or a folder sends cannot steer the terminal."""

import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from gatepass_emulator import Emulator

from .shell import COMMAND, run

HOSTILE = "\x1b]0;pwned\x07\x9b2J\u202e\rok"
HARMLESS = r"\x1b]0;pwned\x07\x9b2J\u202e\rok"


def run_on_a_terminal(*arguments: str) -> tuple[str, str]:
    """What the command shows on a terminal as stdout, and its stderr."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=theirs, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(theirs)
        shown = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the command has ended
                break
        _, complaint = process.communicate(timeout=60)
    os.close(ours)
    return shown.decode().replace("\r\n", "\n"), complaint


def test_a_warning_of_a_provider_is_shown_as_escapes(emulator: Emulator) -> None:
    emulator.fault("sahamati", "uat", operation="generateEntityToken", patch={"/message": HOSTILE})

    done = run("token", "sahamati", "uat")

    assert f"gatepass: {HARMLESS}\n" in done.stderr


def test_a_secret_is_shown_as_escapes_on_a_terminal_and_as_it_is_elsewhere(emulator: Emulator) -> None:
    emulator.fault("sahamati", "uat", operation="readEntitySecret", patch={"/secret": HOSTILE})
    arguments = ("secret", "read", "sahamati", "uat", "fake-aa-1")

    shown, complaint = run_on_a_terminal(*arguments)

    assert shown == HARMLESS + "\n"
    assert "control characters" in complaint
    assert run(*arguments).stdout == HOSTILE + "\n"


def test_an_ordinary_secret_is_shown_as_it_is_on_a_terminal(emulator: Emulator) -> None:
    shown, complaint = run_on_a_terminal("secret", "read", "sahamati", "uat", "fake-aa-1")

    assert shown == emulator.variables()["SAHAMATI_UAT_SECRET"] + "\n"
    assert "control characters" not in complaint


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
def test_an_error_is_shown_as_escapes(emulator: Emulator, arguments: list[str]) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert not set(HOSTILE) - set("]0;pwned2Jok") & set(done.stderr)


def test_a_command_that_is_not_there_is_named_in_escapes(capfd: pytest.CaptureFixture[str]) -> None:
    process = subprocess.run([*COMMAND, "emulator", "--", f"/{HOSTILE}"], timeout=60)

    assert process.returncode == 127
    assert HARMLESS in capfd.readouterr().err


def test_list_does_not_show_what_is_no_plain_address(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETU_SANDBOX_BASE_URL", f"https://setu.example/{HOSTILE}")
    monkeypatch.setenv("SU_SANDBOX_BASE_URL", "https://user:fake-hidden@su.example/")
    monkeypatch.setenv("SU_PRODUCTION_BASE_URL", "fake-hidden-too")

    shown = run("list").stdout

    assert HOSTILE not in shown
    assert "fake-hidden" not in shown
    assert "su sandbox  not a plain https://HOST/PATH, so it is not shown" in shown


def test_a_folder_in_an_error_is_shown_as_escapes(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / HOSTILE  # in place of a file
    folder.mkdir()
    monkeypatch.setenv("SETU_SANDBOX_SECRET_FILE", str(folder))
    monkeypatch.delenv("SETU_SANDBOX_SECRET")

    done = run("token", "setu", "sandbox")

    assert done.returncode == 2
    assert HARMLESS in done.stderr

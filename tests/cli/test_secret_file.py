"""`secret reset --out`: the new secret is never lost, whatever is wrong with the file."""

import os
import queue
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gatepass_emulator import Call, Emulator

from ..timeouts import HANG_TIMEOUT
from .shell import COMMAND, run, run_in_subprocess

ENTITY = "fake-aa-1"


def reset(out: Path) -> subprocess.CompletedProcess[str]:
    return run("secret", "reset", "sahamati", "uat", ENTITY, "--out", str(out))


def current_secret(emulator: Emulator) -> str:
    return emulator.credentials("sahamati", "uat", "entityToken")["secret"]


def call_after_reset(emulator: Emulator, function: Callable[[], object]) -> None:
    """Call the function after the provider has created the new secret, and before the command gets it."""

    def listener(call: Call) -> None:
        if call.kind == "secret":
            function()

    emulator.listen(listener)


def test_the_new_secret_is_in_a_private_file(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "secret"

    done = reset(out)

    assert (done.returncode, done.stdout) == (0, "")
    assert out.read_text() == current_secret(emulator) + "\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [out]


def test_an_older_file_is_replaced_and_not_overwritten(emulator: Emulator, tmp_path: Path) -> None:
    out, other_name = tmp_path / "secret", tmp_path / "link"
    out.write_text("x" * 10_000)
    out.chmod(0o644)
    other_name.hardlink_to(out)

    assert reset(out).returncode == 0

    assert out.read_text() == current_secret(emulator) + "\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert other_name.read_text() == "x" * 10_000


def folder(out: Path) -> None:
    out.mkdir()


def link_to_a_folder(out: Path) -> None:
    out.symlink_to(out.parent)


def link_to_a_file(out: Path) -> None:
    (out.parent / "elsewhere").write_text("untouched")
    out.symlink_to(out.parent / "elsewhere")


def link_to_nothing(out: Path) -> None:
    out.symlink_to(out.parent / "elsewhere")


def pipe(out: Path) -> None:
    os.mkfifo(out)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (folder, "is a folder"),
        (link_to_a_folder, "is a symbolic link"),
        (link_to_a_file, "is a symbolic link"),
        (link_to_nothing, "is a symbolic link"),
        (pipe, "is not a regular file"),
    ],
)
def test_an_unsuitable_file_is_rejected_before_anything_is_sent(
    emulator: Emulator, tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    out = tmp_path / "secret"
    make(out)
    before = sorted(tmp_path.iterdir())

    done = reset(out)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"--out {out} {reason}" in done.stderr
    assert emulator.calls == []
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["no/secret", "file/secret", "loop/secret", "n" * 300, ".", "..", "/", ""])
def test_an_impossible_path_is_rejected_before_anything_is_sent(
    emulator: Emulator, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    before = sorted(tmp_path.iterdir())

    done = reset(tmp_path / name)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("gatepass: --out ")
    assert emulator.calls == []
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_of_another_user_in_a_shared_folder_is_rejected_before_anything_is_sent(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o1777)
    out = tmp_path / "secret"
    out.touch()
    another = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: another)

    done = reset(out)

    assert done.returncode == 2
    assert "belongs to another user" in done.stderr
    assert emulator.calls == []


def test_a_full_disk_is_detected_before_anything_is_sent(emulator: Emulator, tmp_path: Path) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    arguments = ["secret", "reset", "sahamati", "uat", ENTITY, "--out", str(tmp_path / "secret")]
    done = run_in_subprocess(
        *arguments, preexec_fn=no_room, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("secret: File too large\n")
    assert emulator.calls == []
    assert list(tmp_path.iterdir()) == []


def test_a_failed_reset_leaves_the_older_file_unchanged(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "secret"
    out.write_text("older")
    emulator.fault("sahamati", "uat", operation="resetEntitySecret", status=500)

    assert reset(out).returncode == 5

    assert out.read_text() == "older"
    assert list(tmp_path.iterdir()) == [out]


def test_if_the_file_cannot_be_replaced_the_error_names_a_private_file_with_the_secret(
    emulator: Emulator, tmp_path: Path
) -> None:
    out = tmp_path / "secret"
    call_after_reset(emulator, out.mkdir)

    done = reset(out)

    [private_file] = [path for path in tmp_path.iterdir() if path != out]
    assert (done.returncode, done.stdout) == (2, "")
    assert f"the secret is in {private_file}, which only this user can read" in done.stderr
    assert current_secret(emulator) not in done.stderr
    assert private_file.read_text() == current_secret(emulator) + "\n"
    assert stat.S_IMODE(private_file.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_if_the_secret_cannot_be_written_the_error_says_how_to_read_it(
    emulator: Emulator, tmp_path: Path
) -> None:
    arguments = ["secret", "reset", "sahamati", "uat", ENTITY, "--out", str(tmp_path / "secret")]
    pid: queue.Queue[int] = queue.Queue()
    call_after_reset(
        emulator, lambda: resource.prlimit(pid.get(timeout=HANG_TIMEOUT), resource.RLIMIT_FSIZE, (0, 0))
    )
    with subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True) as process:
        pid.put(process.pid)
        _, stderr = process.communicate(timeout=HANG_TIMEOUT)

    emulator.listen(lambda _call: None)
    assert process.returncode == 2
    assert "Traceback" not in stderr
    assert f"`gatepass secret read sahamati uat {ENTITY}` prints the secret" in stderr
    assert current_secret(emulator) not in stderr
    assert list(tmp_path.iterdir()) == []
    assert run("secret", "read", "sahamati", "uat", ENTITY).stdout == current_secret(emulator) + "\n"


@pytest.mark.parametrize("target", ["/dev/full", "closed pipe"])
def test_if_stdout_fails_the_error_says_how_to_read_the_secret(emulator: Emulator, target: str) -> None:
    if target == "/dev/full" and sys.platform != "linux":
        pytest.skip("only Linux has it")
    if target == "closed pipe":
        reading, writing = os.pipe()
        os.close(reading)
    else:
        writing = os.open(target, os.O_WRONLY)
    done = run_in_subprocess("secret", "reset", "sahamati", "uat", ENTITY, stdout=writing)
    os.close(writing)

    assert done.returncode == 2
    assert f"`gatepass secret read sahamati uat {ENTITY}` prints the secret" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert current_secret(emulator) not in done.stderr


def test_if_stdout_cannot_encode_the_secret_the_error_says_how_to_read_it(emulator: Emulator) -> None:
    emulator.fault("sahamati", "uat", operation="resetEntitySecret", patch={"/secret": "fake-é-hidden"})

    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = run_in_subprocess("secret", "reset", "sahamati", "uat", ENTITY, env=ascii_only)

    assert (done.returncode, done.stdout) == (2, "")
    assert "set PYTHONIOENCODING=utf-8; the secret was reset; `gatepass secret read" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr
    assert "é" not in done.stderr
    assert r"\xe9" not in done.stderr


def test_without_a_stdout_nothing_is_sent(emulator: Emulator) -> None:
    done = run_in_subprocess(
        "secret", "reset", "sahamati", "uat", ENTITY, stdout=None, preexec_fn=lambda: os.close(1)
    )

    assert done.returncode == 2
    assert done.stderr == "gatepass: stdout is closed\n"
    assert emulator.calls == []

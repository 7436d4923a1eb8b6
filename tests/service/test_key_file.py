"""The local key: made once, for this user alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gatepass import ConfigError
from gatepass_service._key_file import default_key_file, read_key, read_or_make_key

from ..timeouts import HANG_TIMEOUT
from .conftest import Serve
from .process import PROGRAM, Service, TestClock, service_environment

KEY = "fake-key-0123456789-0123456789-0123456789"


def write_key(path: Path, content: str = KEY, mode: int = 0o600) -> Path:
    path.write_text(content)
    path.chmod(mode)
    return path


def test_the_key_is_made_in_a_private_folder(service: Service) -> None:
    assert len(service.key) >= 43
    assert service.key_file.stat().st_mode & 0o777 == 0o600
    assert service.key_file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in service.key_file.parent.iterdir()] == ["service-key"]


def test_a_restarted_service_has_the_same_key(serve: Serve) -> None:
    first = serve()
    key = first.key
    first.stop()

    assert serve().key == key


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    code = "import sys, pathlib; from gatepass_service._key_file import read_or_make_key as make\n"
    code += "sys.stdin.read(); print(make(pathlib.Path(sys.argv[1])).hex())"
    path = tmp_path / "new" / "key"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    digests = {process.communicate(timeout=HANG_TIMEOUT)[0] for process in processes}

    assert digests == {f"{read_key(path).hex()}\n"}
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_another_file_is_named_by_option_or_variable(serve: Serve, tmp_path: Path) -> None:
    by_option, by_variable = tmp_path / "a", tmp_path / "b"

    serve("--key-file", str(by_option), GATEPASS_SERVICE_KEY_FILE=str(by_variable)).stop()
    serve(GATEPASS_SERVICE_KEY_FILE=str(by_variable)).stop()

    assert by_option.read_text() != by_variable.read_text()


@pytest.mark.parametrize(("folder", "expected"), [("/a", "/a"), ("relative", "~/.config"), ("", "~/.config")])
def test_the_default_file_is_in_the_configuration_folder_of_the_user(
    folder: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEPASS_SERVICE_KEY_FILE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", folder)

    assert default_key_file() == Path(expected).expanduser() / "gatepass" / "service-key"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o602, 0o660])
def test_a_key_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = write_key(tmp_path / "key", mode=mode)

    with pytest.raises(ConfigError, match=f"open to other users: chmod 600 {path}"):
        read_or_make_key(path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    write_key(tmp_path / "target")
    link = tmp_path / "key"
    link.symlink_to(tmp_path / "target")

    with pytest.raises(ConfigError, match="is a symbolic link: name the file that it leads to"):
        read_or_make_key(link)


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "key"
    link.symlink_to(tmp_path / "target")

    with pytest.raises(ConfigError, match="is a symbolic link"):
        read_or_make_key(link)
    assert not (tmp_path / "target").exists()


def test_the_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_key(tmp_path / "key")
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)

    with pytest.raises(ConfigError, match=f"belongs to another user: chown 12345 {path}"):
        read_or_make_key(path)


def test_a_folder_or_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConfigError, match="is not a regular file"):
            read_or_make_key(path)


@pytest.mark.parametrize("content", ["", "short", "x" * 31, "x" * 513, f"{KEY}\n{KEY}", f"{KEY} ", "é" * 40])
def test_what_is_no_key_is_refused_and_not_shown(content: str, tmp_path: Path) -> None:
    path = write_key(tmp_path / "key", content)

    with pytest.raises(ConfigError, match="a key is one line of 32 or more") as raised:
        read_or_make_key(path)
    assert content not in str(raised.value) or len(content) < 6


def test_the_service_does_not_start_with_such_a_key(
    emulator: object, test_clock: TestClock, tmp_path: Path
) -> None:
    path = write_key(tmp_path / "key", mode=0o644)
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "serve", "--port", "0", "--key-file", str(path)],
        env=service_environment(tmp_path, test_clock.path),
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"gatepass: key file {path} is open to other users: chmod 600 {path}\n"


def test_a_key_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The folder is a file."""
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"key file .*: Not a directory"):
        read_or_make_key(tmp_path / "file" / "key")


def test_a_key_that_another_process_has_just_made_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_key(tmp_path / "key")
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)

    assert read_or_make_key(path) == read_key(path)
    assert path.read_text() == KEY
    assert [file.name for file in tmp_path.iterdir()] == ["key"]

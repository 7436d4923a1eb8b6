"""A file or folder that is not private is not used, and no request fails because of it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatepass import Setu
from gatepass.stores import FileStore
from gatepass_emulator import Emulator

from ..helpers import StartProcesses

NOBODY = 65_534
IS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not IS_ROOT, reason="only root gives files away")
Spoil = Callable[[Path], None]
"""Makes a file or a folder of the store unusable."""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home folder of a user who is not root."""
    path = Path(tempfile.mkdtemp(prefix="gatepass-"))
    if IS_ROOT:
        os.chown(path, NOBODY, NOBODY)
    monkeypatch.setenv("GATEPASS_STORE", f"file:{path / 'store'}")
    yield path
    shutil.rmtree(path)


LEAVE_ROOT = f"""
Setu('production', store='memory:').token()  # imports everything that only root may be able to read
if os.geteuid() == 0:
    os.setgid({NOBODY})
    os.setuid({NOBODY})
"""


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_files_and_folder_are_private_under_any_umask(
    emulator: Emulator, home: Path, start_processes: StartProcesses, umask: int
) -> None:
    code = f"{LEAVE_ROOT}\nos.umask({umask})\nSu('sandbox').token()\nreport(Setu('sandbox').token().value)"

    processes = start_processes(2, code)
    assert len(set(processes.results())) == 1
    assert processes.errors == ""
    assert mode(home / "store") == 0o700
    files = {path.name.split(".", 1)[1]: mode(path) for path in (home / "store").iterdir()}
    assert files == dict.fromkeys(["key", "lock", "token", "quota", "quota.lock", "swept"], 0o600)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_created_parent_folders_are_private_under_any_umask(
    emulator: Emulator, home: Path, start_processes: StartProcesses, umask: int
) -> None:
    code = f"""
{LEAVE_ROOT}
os.umask({umask})
os.environ.update(HOME={str(home)!r}, XDG_CACHE_HOME='')
FileStore({str(home / "a" / "b" / "c")!r}).cache_key('fake', 5)
report(Setu('sandbox', store='file:').token().value)
"""
    process = start_processes(1, code)

    assert (len(process.results()), process.errors) == (1, "")
    modes = {path: mode(path) for path in home.rglob("*") if path.is_dir()}
    assert modes == dict.fromkeys(
        [home / ".cache", home / ".cache/gatepass", home / "a", home / "a/b", home / "a/b/c"], 0o700
    )


def test_an_existing_parent_folder_keeps_its_mode(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "above").mkdir()
    (tmp_path / "above").chmod(0o755)

    Setu("sandbox", store=FileStore(tmp_path / "above" / "new" / "store")).token()

    assert mode(tmp_path / "above") == 0o755


def test_a_record_that_others_can_read_is_made_private(emulator: Emulator, folder: Path) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (record,) = store.token_files()
    record.chmod(0o644)

    assert Setu("sandbox", store=store).token().value
    assert mode(record) == 0o600
    assert emulator.count("setu") == 1


def elsewhere(path: Path) -> Path:
    """Move the file to another place, where it must not change."""
    return path.rename(path.with_name("elsewhere"))


def a_link(path: Path) -> None:
    path.symlink_to(elsewhere(path))


def a_link_to_nowhere(path: Path) -> None:
    path.symlink_to(elsewhere(path).with_name("nowhere"))


def a_file(path: Path) -> None:
    elsewhere(path)
    path.touch(0o600)


def a_folder(path: Path) -> None:
    elsewhere(path)
    path.mkdir(0o700)


def a_pipe(path: Path) -> None:
    elsewhere(path)
    os.mkfifo(path, 0o600)


def a_second_name(path: Path) -> None:
    path.hardlink_to(elsewhere(path))


def open_to_others(path: Path) -> None:
    path.chmod(0o755)


def open_to_the_group(path: Path) -> None:
    path.chmod(0o710)


FOLDERS = [a_link, a_link_to_nowhere, a_file, open_to_others, open_to_the_group]
FILES = [a_link, a_link_to_nowhere, a_folder, a_pipe, a_second_name]


def check_store_is_not_used(
    credential: Setu, emulator: Emulator, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    """Each request fetches a new token, and one warning gives the reason."""
    before, tokens = emulator.count("setu"), set()
    for _ in range(3):
        credential.invalidate()
        tokens.add(credential.token().value)
    assert len(tokens) == emulator.count("setu") - before == 3
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert warning.startswith("setu sandbox: going on without FileStore(")
    assert reason in warning


@pytest.mark.parametrize("spoil", FOLDERS, ids=lambda spoil: spoil.__name__)
def test_a_folder_that_is_not_private_is_not_used(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, spoil: Spoil
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    spoil(folder)
    contents = {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}

    check_store_is_not_used(Setu("sandbox", store=store), emulator, caplog, "PermissionError")

    assert contents == {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["token", "lock"])
@pytest.mark.parametrize("spoil", FILES, ids=lambda spoil: spoil.__name__)
def test_a_file_that_is_not_private_is_not_used(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, spoil: Spoil, kind: str
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (path,) = folder.glob(f"*.{kind}")
    spoil(path)
    contents = {path: path.lstat().st_mtime_ns for path in folder.iterdir()}

    check_store_is_not_used(Setu("sandbox", store=store), emulator, caplog, "Error")

    assert contents == {path: path.lstat().st_mtime_ns for path in folder.iterdir()}


@only_root
@pytest.mark.parametrize("kind", ["token", "lock", "folder"])
def test_a_file_or_folder_of_another_user_is_not_used(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (path,) = folder.glob(f"*.{kind}") if kind != "folder" else [folder]
    os.chown(path, NOBODY, NOBODY)

    check_store_is_not_used(Setu("sandbox", store=store), emulator, caplog, "PermissionError")


FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
"""
FETCH_3_TOKENS = """
credential = {credential_class}('sandbox')
for _ in range(3):
    credential.invalidate()
    report(credential.token().value)
"""


@pytest.mark.parametrize("credential_class", ["Setu", "Su"])
def test_a_full_disk_causes_one_warning_and_fails_no_request(
    emulator: Emulator, folder: Path, start_processes: StartProcesses, credential_class: str
) -> None:
    processes = start_processes(4, FULL_DISK + FETCH_3_TOKENS.format(credential_class=credential_class))

    results = processes.results()

    assert len(results) == 12
    warnings = processes.errors.splitlines()
    assert ["going on without" in warning for warning in warnings] == 4 * [True]  # one for each process
    assert [(path.name, path.stat().st_size) for path in folder.iterdir()] == [("cache.key", 0)]
    assert not list(folder.glob("*.tmp"))


def test_the_store_is_used_again_when_the_disk_has_room(
    emulator: Emulator, folder: Path, start_processes: StartProcesses
) -> None:
    code = "report(Setu('sandbox').token().value)"

    (first,) = start_processes(1, f"{FULL_DISK}{code}").results()
    (second,) = start_processes(1, code).results()
    (third,) = start_processes(1, code).results()

    assert first != second == third
    assert emulator.count("setu") == 2


def test_a_read_only_folder_causes_one_warning_and_fails_no_request(
    emulator: Emulator, home: Path, start_processes: StartProcesses
) -> None:
    (home / "store").mkdir()
    if IS_ROOT:
        os.chown(home / "store", NOBODY, NOBODY)
    (home / "store").chmod(0o500)

    processes = start_processes(4, LEAVE_ROOT + FETCH_3_TOKENS.format(credential_class="Setu"))

    assert len(processes.results()) == 12
    warnings = processes.errors.splitlines()
    assert ["going on without" in warning for warning in warnings] == 4 * [True]
    assert list((home / "store").iterdir()) == []


def test_a_read_only_folder_still_serves_its_tokens(
    emulator: Emulator, home: Path, start_processes: StartProcesses
) -> None:
    code = LEAVE_ROOT + "report(Setu('sandbox').token().value)"
    (first,) = start_processes(1, code).results()
    (home / "store").chmod(0o500)

    assert start_processes(4, code).results() == [first] * 4
    assert emulator.count("setu", "sandbox") == 1

"""Files are the user's alone; what is not, is not used, and a token comes all the same."""

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

from .conftest import Gather

NOBODY = 65_534
IS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not IS_ROOT, reason="only root gives files away")
Spoil = Callable[[Path], None]
"""What somebody did to a file or a folder of the store."""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a user who is not root."""
    made = Path(tempfile.mkdtemp(prefix="gatepass-"))
    if IS_ROOT:
        os.chown(made, NOBODY, NOBODY)
    monkeypatch.setenv("GATEPASS_STORE", f"file:{made / 'store'}")
    yield made
    shutil.rmtree(made)


LEAVE_ROOT = f"""
Setu('production', store='memory:').token()  # root's Python may be for root alone: all is imported now
if os.geteuid() == 0:
    os.setgid({NOBODY})
    os.setuid({NOBODY})
"""


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_files_and_folder_are_closed_to_others_under_any_umask(
    emulator: Emulator, home: Path, crowd: Gather, umask: int
) -> None:
    code = f"{LEAVE_ROOT}\nos.umask({umask})\nSu('sandbox').token()\nsay(Setu('sandbox').token().value)"

    two = crowd(2, code)
    assert len(set(two.said())) == 1
    assert two.errors == ""
    assert mode(home / "store") == 0o700
    files = {path.name.split(".", 1)[1]: mode(path) for path in (home / "store").iterdir()}
    assert files == dict.fromkeys(["key", "lock", "token", "quota", "quota.lock", "swept"], 0o600)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_the_folders_above_are_closed_to_others_under_any_umask(
    emulator: Emulator, home: Path, crowd: Gather, umask: int
) -> None:
    code = f"""
{LEAVE_ROOT}
os.umask({umask})
os.environ.update(HOME={str(home)!r}, XDG_CACHE_HOME='')
FileStore({str(home / "a" / "b" / "c")!r}).cache_key('fake', 5)
say(Setu('sandbox', store='file:').token().value)
"""
    alone = crowd(1, code)

    assert (len(alone.said()), alone.errors) == (1, "")
    made = {path: mode(path) for path in home.rglob("*") if path.is_dir()}
    assert made == dict.fromkeys(
        [home / ".cache", home / ".cache/gatepass", home / "a", home / "a/b", home / "a/b/c"], 0o700
    )


def test_a_folder_above_that_is_there_keeps_its_mode(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "above").mkdir()
    (tmp_path / "above").chmod(0o755)

    Setu("sandbox", store=FileStore(tmp_path / "above" / "new" / "store")).token()

    assert mode(tmp_path / "above") == 0o755


def test_a_record_of_our_own_that_is_open_to_others_is_closed(emulator: Emulator, folder: Path) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (record,) = store.keys()
    record.chmod(0o644)

    assert Setu("sandbox", store=store).token().value
    assert mode(record) == 0o600
    assert emulator.count("setu") == 1


def elsewhere(path: Path) -> Path:
    """The same file at another place, which must stay as it is."""
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


def check(credential: Setu, emulator: Emulator, caplog: pytest.LogCaptureFixture, what: str) -> None:
    """Tokens come, each of them new; one warning says what is wrong, and for which credential."""
    before, tokens = emulator.count("setu"), set()
    for _ in range(3):
        credential.forget()
        tokens.add(credential.token().value)
    assert len(tokens) == emulator.count("setu") - before == 3
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert warning.startswith("setu sandbox: going on without FileStore(")
    assert what in warning


@pytest.mark.parametrize("spoil", FOLDERS, ids=lambda spoil: spoil.__name__)
def test_a_folder_that_is_not_ours_alone_is_not_used(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, spoil: Spoil
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    spoil(folder)
    held = {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}

    check(Setu("sandbox", store=store), emulator, caplog, "PermissionError")

    assert held == {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["token", "lock"])
@pytest.mark.parametrize("spoil", FILES, ids=lambda spoil: spoil.__name__)
def test_a_file_that_is_not_ours_alone_is_not_used(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, spoil: Spoil, kind: str
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (path,) = folder.glob(f"*.{kind}")
    spoil(path)
    held = {path: path.lstat().st_mtime_ns for path in folder.iterdir()}

    check(Setu("sandbox", store=store), emulator, caplog, "Error")

    assert held == {path: path.lstat().st_mtime_ns for path in folder.iterdir()}


@only_root
@pytest.mark.parametrize("kind", ["token", "lock", "folder"])
def test_what_somebody_else_owns_is_not_used(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (path,) = folder.glob(f"*.{kind}") if kind != "folder" else [folder]
    os.chown(path, NOBODY, NOBODY)

    check(Setu("sandbox", store=store), emulator, caplog, "PermissionError")


FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
"""
MINTS = """
credential = {cls}('sandbox')
for _ in range(3):
    credential.forget()
    say(credential.token().value)
"""


@pytest.mark.parametrize("cls", ["Setu", "Su"])
def test_a_full_disk_costs_a_warning_and_no_token(
    emulator: Emulator, folder: Path, crowd: Gather, cls: str
) -> None:
    full = crowd(4, FULL + MINTS.format(cls=cls))

    said = full.said()

    assert len(said) == 12
    assert full.errors.count("going on without") == full.errors.count("\n") == 4  # one for each process
    assert [(path.name, path.stat().st_size) for path in folder.iterdir()] == [("cache.key", 0)]
    assert not list(folder.glob("*.draft"))


def test_room_that_comes_back_is_used_again(emulator: Emulator, folder: Path, crowd: Gather) -> None:
    code = "say(Setu('sandbox').token().value)"

    (first,) = crowd(1, f"{FULL}{code}").said()
    (second,) = crowd(1, code).said()
    (third,) = crowd(1, code).said()

    assert first != second == third
    assert emulator.count("setu") == 2


def test_a_folder_that_cannot_be_written_costs_a_warning_and_no_token(
    emulator: Emulator, home: Path, crowd: Gather
) -> None:
    (home / "store").mkdir()
    if IS_ROOT:
        os.chown(home / "store", NOBODY, NOBODY)
    (home / "store").chmod(0o500)

    several = crowd(4, LEAVE_ROOT + MINTS.format(cls="Setu"))

    assert len(several.said()) == 12
    assert several.errors.count("going on without") == several.errors.count("\n") == 4
    assert list((home / "store").iterdir()) == []


def test_a_folder_that_can_be_read_only_still_serves_what_is_there(
    emulator: Emulator, home: Path, crowd: Gather
) -> None:
    code = LEAVE_ROOT + "say(Setu('sandbox').token().value)"
    (first,) = crowd(1, code).said()
    (home / "store").chmod(0o500)

    assert crowd(4, code).said() == [first] * 4
    assert emulator.count("setu", "sandbox") == 1

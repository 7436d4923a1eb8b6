"""`gatepass cache list` and `clear`: they read and remove what gatepass wrote, and nothing else."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, Limited, Rejected, Setu, Su, Token, TokenError
from gatepass.stores import Entry, FileStore, Lease, Wanted
from gatepass_emulator import Emulator

from .conftest import mint
from .test_sealed import new_key
from .test_whose_files import NOBODY, Spoil, a_link, mode, only_root, open_to_others

NAME = f"{'0123456789abcdef' * 4}.token"
OTHERS = {
    "notes.token": b"fake notes",
    "0123.token": b'{"version":1,"key":"0123"}',
    NAME: b"fake text",
    NAME.replace("0", "1"): json.dumps({"version": 1, "token": "fake, of another program"}).encode(),
    NAME.replace("0", "2"): b"",
    NAME.upper(): b'{"version":1,"key":"fake"}',
    f"x{NAME}": b"gp1 fake",
}
"""Files that somebody else keeps in the folder."""


@pytest.fixture
def shared(folder: Path) -> Path:
    """A folder in which other files stand as well."""
    folder.mkdir(mode=0o700)
    for name, data in OTHERS.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o644)
    return folder


@pytest.mark.parametrize("key", [None, new_key()], ids=["in plain text", "encrypted"])
def test_only_the_files_of_gatepass_are_listed_and_cleared(
    emulator: Emulator, shared: Path, key: str | None
) -> None:
    store = FileStore(shared, key=key)
    Setu("sandbox", store=store).token()
    Su("sandbox", store=store).token()

    lines = list(FileStore(shared, key=key).contents())
    removed = FileStore(shared, key=key).clear()

    assert sorted(line.split()[1] for line in lines) == ["setu", "su"]
    assert removed == 2
    assert {name: (shared / name).read_bytes() for name in OTHERS} == OTHERS
    assert {mode(shared / name) for name in OTHERS} == {0o644}
    assert list(store.contents()) == []


NOW = 1_800_000_000.0
TOKEN = Entry(Token("fake-token", NOW + 100), NOW, NOW + 80, NOW + 90)
REJECTED = Rejected("fake", retry_at=NOW + 60)
LIMITED = Limited("fake", retry_at=NOW + 60)


@pytest.mark.parametrize(
    ("token", "failure", "seconds", "state"),
    [
        (TOKEN, None, 0, "valid until 2027-01-15T08:01:40Z (in 100 s)"),
        (TOKEN, None, 89.9, "valid until 2027-01-15T08:01:40Z (in 10 s)"),
        (TOKEN, None, 90, "expired"),
        (TOKEN, REJECTED, 0, "valid until 2027-01-15T08:01:40Z (in 100 s)"),
        (TOKEN, replace(REJECTED, retry_at=NOW + 200), 90, "Rejected until 2027-01-15T08:03:20Z (in 110 s)"),
        (TOKEN, REJECTED, 90, "expired"),
        (None, REJECTED, 0, "Rejected until 2027-01-15T08:01:00Z (in 60 s)"),
        (None, LIMITED, 59.9, "Limited until 2027-01-15T08:01:00Z (in 0 s)"),
        (None, REJECTED, 60, "expired"),
    ],
)
def test_the_list_says_how_each_credential_is(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    token: Entry | None,
    failure: TokenError | None,
    seconds: float,
    state: str,
) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    store, wanted = FileStore(folder), Wanted("0" * 64, "fake-account-1", who=("setu", "sandbox"))
    if token is not None:
        mint(store, wanted, token)
    if failure is not None:
        # For a caller who has been using another token than the one that is kept.
        lease = store.acquire(replace(wanted, other_than=token.name if token else None), 0)
        assert isinstance(lease, Lease)
        store.fail(lease, failure, sent=True)
    monkeypatch.setattr("time.time", lambda: NOW + seconds)

    assert list(store.contents()) == [f"fake-account  setu sandbox             {state}"]


@pytest.mark.parametrize("damaged", [lambda data: data[:30], lambda data: data + b"fake"])
def test_a_damaged_record_is_cleared_as_well(emulator: Emulator, folder: Path, damaged: Any) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (record,) = store.keys()
    record.write_bytes(damaged(record.read_bytes()))

    assert store.clear() == 1
    assert not record.exists()


def test_what_an_encrypted_store_left_is_cleared_without_its_key(emulator: Emulator, folder: Path) -> None:
    Setu("sandbox", store=FileStore(folder, key=new_key())).token()

    (line,) = FileStore(folder).contents()
    assert line.split() == ["?", "?", "not", "readable", "here"]
    assert FileStore(folder).clear() == 1


@pytest.mark.parametrize(
    "change", ["a link", "a second name", pytest.param("another owner", marks=only_root)]
)
def test_a_record_that_is_not_ours_alone_is_neither_listed_nor_cleared(
    emulator: Emulator, folder: Path, tmp_path: Path, change: str
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (record,) = store.keys()
    if change == "a link":
        record.symlink_to(record.rename(tmp_path / "elsewhere"))
    elif change == "a second name":
        record.hardlink_to(record.rename(tmp_path / "elsewhere"))
    else:
        os.chown(record, NOBODY, NOBODY)

    assert list(store.contents()) == []
    assert store.clear() == 0
    assert record.exists()


@pytest.mark.parametrize("spoil", [open_to_others, a_link], ids=lambda spoil: spoil.__name__)
def test_a_folder_that_is_not_ours_alone_is_left_as_it_is(
    emulator: Emulator, folder: Path, spoil: Spoil
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    spoil(folder)
    files = sorted(folder.iterdir())

    with pytest.raises(ConfigError, match=str(folder)):
        list(store.contents())
    with pytest.raises(ConfigError, match=str(folder)):
        store.clear()

    assert sorted(folder.iterdir()) == files


def test_a_folder_that_is_not_there_is_not_made(folder: Path) -> None:
    assert list(FileStore(folder).contents()) == []
    assert FileStore(folder).clear() == 0
    assert not folder.exists()

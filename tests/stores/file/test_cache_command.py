"""`gatepass cache list` and `clear` read and remove files of gatepass, and no others."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, RateLimited, Rejected, Setu, Su, Token, TokenError
from gatepass.stores import CachedToken, FileStore, Lookup
from gatepass_emulator import Emulator

from ..helpers import acquire_lease, publish_token
from .test_encryption import new_key
from .test_file_permissions import NOBODY, Spoil, a_link, mode, only_root, open_to_others

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
"""Files of other programs in the folder."""


@pytest.fixture
def shared(folder: Path) -> Path:
    """A folder that contains other files as well."""
    folder.mkdir(mode=0o700)
    for name, data in OTHERS.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o644)
    return folder


@pytest.mark.parametrize("key", [None, new_key()], ids=["not encrypted", "encrypted"])
def test_only_the_files_of_gatepass_are_listed_and_cleared(
    emulator: Emulator, shared: Path, key: str | None
) -> None:
    store = FileStore(shared, key=key)
    Setu("sandbox", store=store).token()
    Su("sandbox", store=store).token()

    lines = list(FileStore(shared, key=key).describe())
    removed = FileStore(shared, key=key).clear()

    assert sorted(line.split()[1] for line in lines) == ["setu", "su"]
    assert removed == 2
    assert {name: (shared / name).read_bytes() for name in OTHERS} == OTHERS
    assert {mode(shared / name) for name in OTHERS} == {0o644}
    assert list(store.describe()) == []


NOW = 1_800_000_000.0
TOKEN = CachedToken(Token("fake-token", NOW + 100), NOW, NOW + 80, NOW + 90)
REJECTED = Rejected("fake", retry_at=NOW + 60)
RATE_LIMITED = RateLimited("fake", retry_at=NOW + 60)


@pytest.mark.parametrize(
    ("token", "failure", "seconds", "state"),
    [
        (TOKEN, None, 0, "valid until 2027-01-15T08:01:40Z (in 100 s)"),
        (TOKEN, None, 89.9, "valid until 2027-01-15T08:01:40Z (in 10 s)"),
        (TOKEN, None, 90, "expired"),
        (TOKEN, REJECTED, 0, "valid until 2027-01-15T08:01:40Z (in 100 s)"),
        (TOKEN, REJECTED.copied(retry_at=NOW + 200), 90, "Rejected until 2027-01-15T08:03:20Z (in 110 s)"),
        (TOKEN, REJECTED, 90, "expired"),
        (None, REJECTED, 0, "Rejected until 2027-01-15T08:01:00Z (in 60 s)"),
        (None, RATE_LIMITED, 59.9, "RateLimited until 2027-01-15T08:01:00Z (in 0 s)"),
        (None, REJECTED, 60, "expired"),
    ],
)
def test_the_list_shows_the_state_of_each_credential(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    token: CachedToken | None,
    failure: TokenError | None,
    seconds: float,
    state: str,
) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    store, lookup = FileStore(folder), Lookup("0" * 64, "fake-account-1", label=("setu", "sandbox"))
    if token is not None:
        publish_token(store, lookup, token)
    if failure is not None:
        # For a caller that does not accept the stored token.
        lease = acquire_lease(store, replace(lookup, exclude=token.fingerprint if token else None), 0)
        store.fail(lease, failure, sent=True)
    monkeypatch.setattr("time.time", lambda: NOW + seconds)

    assert list(store.describe()) == [f"fake-account  setu sandbox             {state}"]


@pytest.mark.parametrize("damage", [lambda data: data[:30], lambda data: data + b"fake"])
def test_a_damaged_record_is_cleared_as_well(emulator: Emulator, folder: Path, damage: Any) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (record,) = store.token_files()
    record.write_bytes(damage(record.read_bytes()))

    assert store.clear() == 1
    assert not record.exists()


def test_encrypted_records_are_cleared_without_their_key(emulator: Emulator, folder: Path) -> None:
    Setu("sandbox", store=FileStore(folder, key=new_key())).token()

    (line,) = FileStore(folder).describe()
    assert line.split() == ["?", "?", "not", "readable", "here"]
    assert FileStore(folder).clear() == 1


@pytest.mark.parametrize(
    "change", ["a link", "a second name", pytest.param("another owner", marks=only_root)]
)
def test_a_file_that_is_not_private_is_neither_listed_nor_cleared(
    emulator: Emulator, folder: Path, tmp_path: Path, change: str
) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    (record,) = store.token_files()
    if change == "a link":
        record.symlink_to(record.rename(tmp_path / "elsewhere"))
    elif change == "a second name":
        record.hardlink_to(record.rename(tmp_path / "elsewhere"))
    else:
        os.chown(record, NOBODY, NOBODY)

    assert list(store.describe()) == []
    assert store.clear() == 0
    assert record.exists()


@pytest.mark.parametrize("spoil", [open_to_others, a_link], ids=lambda spoil: spoil.__name__)
def test_a_folder_that_is_not_private_is_not_changed(emulator: Emulator, folder: Path, spoil: Spoil) -> None:
    store = FileStore(folder)
    Setu("sandbox", store=store).token()
    spoil(folder)
    files = sorted(folder.iterdir())

    with pytest.raises(ConfigError, match=str(folder)):
        list(store.describe())
    with pytest.raises(ConfigError, match=str(folder)):
        store.clear()

    assert sorted(folder.iterdir()) == files


def test_a_missing_folder_is_not_created(folder: Path) -> None:
    assert list(FileStore(folder).describe()) == []
    assert FileStore(folder).clear() == 0
    assert not folder.exists()

"""Expired files are removed from the folder, and no others."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gatepass import Setu, Su, Token
from gatepass.stores import CachedToken, FileStore, Lease, Lookup, _sweep
from gatepass.stores._file_lock import is_at, locked
from gatepass.stores._private_file import open_private
from gatepass_emulator import Emulator

from ..helpers import publish_token

DAY = 86_400.0
OLD = "{:064x}"


def cached_token(expired_for: float) -> CachedToken:
    end = time.time() - expired_for
    return CachedToken(Token("fake-token", end), end - 1800, end - 400, end - 100)


def set_back(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    then = time.time() - seconds
    monkeypatch.setattr("time.time", lambda: then)


def age(folder: Path, seconds: float) -> None:
    """Make all files older."""
    when = time.time() - seconds
    for path in folder.iterdir():
        os.utime(path, (when, when))


@pytest.fixture
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    """A store with 20 credentials that were used long ago, an account and a lock without a record."""
    store = FileStore(folder)
    with monkeypatch.context() as before:
        set_back(before, 40 * DAY)
        for number in range(20):
            lookup = Lookup(OLD.format(number), OLD.format(99), quota=(30, 3600))
            publish_token(store, lookup, cached_token(-1800))
        lease = store.acquire(Lookup(OLD.format(77), OLD.format(99)), 0)
        assert isinstance(lease, Lease)
        store.fail(lease, None, sent=True)
    age(folder, 40 * DAY)
    return store


def test_publishing_a_token_removes_expired_files(emulator: Emulator, store: FileStore) -> None:
    assert len(list(store.folder.iterdir())) == 20 + 21 + 2 + 1  # records, locks, a quota, the sweep's marker
    (store.folder / f"{OLD.format(3)}.token.tmp").write_bytes(b'{"vers')  # of a writer that was killed
    os.utime(store.folder / f"{OLD.format(3)}.token.tmp", (0, 0))

    token = Setu("sandbox", store=store).token()

    names = {path.suffix for path in store.folder.iterdir()}
    assert (names, len(list(store.folder.iterdir()))) == ({".key", ".swept", ".token", ".lock"}, 4)
    assert Setu("sandbox", store=store).token() == token


def test_a_sweep_is_limited_and_runs_once_an_hour(
    emulator: Emulator, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sweep, "SWEEP_LIMIT", 5)

    assert _sweep.sweep(store.folder, store._files.expires_at) <= 10
    remaining = len(list(store.folder.iterdir()))
    assert remaining >= 44 - 10
    assert _sweep.sweep(store.folder, store._files.expires_at) == 0

    for _ in range(100):  # at random, so that all are reached
        long_ago = time.time() - _sweep.SWEEP_INTERVAL
        os.utime(store.folder / "cache.swept", (long_ago, long_ago))
        _sweep.sweep(store.folder, store._files.expires_at)
    assert [path.name for path in store.folder.iterdir()] == ["cache.swept"]


def test_files_that_may_be_of_use_stay(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(folder)
    entries = [cached_token(expired_for) for expired_for in (-DAY, -1.0, 0.5 * DAY)]
    with monkeypatch.context() as before:
        set_back(before, 2 * DAY)
        for number, entry in enumerate(entries):
            publish_token(store, Lookup(OLD.format(number), OLD.format(99)), entry)
    Su("sandbox", store=store).token()
    for name in ("notes.token", "x.lock", f"{OLD.format(50)}.token", f"{OLD.format(51)}.lock"):
        (folder / name).write_text("not made by gatepass")
    (folder / f"{OLD.format(52)}.lock").symlink_to(folder / "x.lock")
    before_sweep = sorted(folder.iterdir())
    age(folder, 2 * DAY)

    assert _sweep.sweep(folder, store._files.expires_at) == 0

    assert sorted(folder.iterdir()) == before_sweep


@pytest.mark.parametrize("sealed", [True, False])
def test_an_unreadable_record_stays_for_a_month(folder: Path, sealed: bool) -> None:
    key = "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMDE="
    other = FileStore(folder, key=key if sealed else None)
    publish_token(other, Lookup(OLD.format(1), OLD.format(99)), cached_token(-1800))
    if not sealed:
        path = folder / f"{OLD.format(1)}.token"
        path.write_bytes(path.read_bytes()[:90])
    for days, removed in (31, 0), (33, 2):
        age(folder, days * DAY)
        assert _sweep.sweep(folder, FileStore(folder)._files.expires_at) == removed


def test_locked_and_leased_files_stay(store: FileStore) -> None:
    lock = store.folder / f"{OLD.format(0)}.lock"
    leased = Lookup(OLD.format(1), OLD.format(99))
    assert isinstance(store.acquire(leased, 0), Lease)
    age(store.folder, 40 * DAY)

    with locked(lock, 0):
        _sweep.sweep(store.folder, store._files.expires_at)

    names = {path.name[62:] for path in store.folder.iterdir()} - {"t"}
    assert {"00.token", "00.lock", "01.token", "01.lock"} <= names
    assert not any(name.startswith("02") for name in names)


def test_a_lock_file_that_is_removed_while_it_is_opened_is_created_again(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = store.folder / f"{OLD.format(0)}.lock"
    opened: list[int] = []

    def slow_open(path: Path, flags: int) -> int:
        opened.append(open_private(path, flags))
        if len(opened) == 1:
            lock.unlink()  # by a sweep, before it is locked here
        return opened[-1]

    monkeypatch.setattr("gatepass.stores._file_lock.open_private", slow_open)

    with locked(lock, time.monotonic() + 60) as file:
        assert is_at(file, lock)
    assert len(opened) == 2

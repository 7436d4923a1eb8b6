"""No password can be guessed from the name of a token in a store."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import trio

from gatepass import SahamatiUser, Setu
from gatepass.stores import FileStore
from gatepass_emulator import Emulator

from ..helpers import StartProcesses
from .test_open_store import DictStore

KEY, OTHER_KEY = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))


def guessable(credential: Any) -> str:
    """A hash that an attacker could compute for each password, since nothing else in it is secret."""
    settings = credential._settings
    name: str = settings.cache_key(settings.resolve_secrets())
    return name


def names(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("*.token")]


@pytest.mark.parametrize("key", [None, KEY], ids=["without a key", "with a key"])
def test_neither_names_nor_records_nor_the_list_help_to_guess_a_password(
    emulator: Emulator, folder: Path, key: str | None
) -> None:
    store = FileStore(folder, key=key)
    user = SahamatiUser("uat", store=store)
    user.token()

    contents = "".join(store.describe())
    for path in folder.iterdir():
        contents += path.name + path.read_bytes().decode(errors="replace")

    assert guessable(user)[:8] not in contents


def test_the_list_shows_an_id_made_from_public_data(emulator: Emulator, tmp_path: Path) -> None:
    ids = set()
    for number in range(2):
        store = FileStore(tmp_path / f"store-{number}")
        emulator.fault("setu", "sandbox", times=1, status=200, patch={"/data/token": "fake-token"})
        setu = Setu("sandbox", secret=f"fake-secret-{number}", store=store)
        setu.token()
        (line,) = store.describe()
        ids.add(line.split()[0])

    assert ids == {setu._settings.account_key[:12]}


def test_each_folder_has_its_own_key(emulator: Emulator, tmp_path: Path) -> None:
    for name in "first", "second":
        Setu("sandbox", store=FileStore(tmp_path / name)).token()

    assert names(tmp_path / "first") != names(tmp_path / "second")


def test_stores_with_the_same_key_have_the_same_names(emulator: Emulator, tmp_path: Path) -> None:
    for name, key in ("first", KEY), ("second", KEY), ("third", OTHER_KEY):
        Setu("sandbox", store=FileStore(tmp_path / name, key=key)).token()

    first, second, third = (names(tmp_path / name) for name in ("first", "second", "third"))
    assert first == second != third
    assert not list(tmp_path.rglob("cache.key"))


def test_many_processes_that_start_at_once_agree_on_the_key(
    emulator: Emulator, start_processes: StartProcesses
) -> None:
    tokens = start_processes(32, "report(Setu('sandbox').token().value)").results()

    assert (len(tokens), len(set(tokens)), emulator.count("setu")) == (32, 1, 1)


@pytest.mark.parametrize("damaged", [b"", b"short", bytes(32), bytes(33), b"too long" * 10])
def test_a_damaged_key_file_is_replaced_and_costs_one_token(
    emulator: Emulator, folder: Path, start_processes: StartProcesses, damaged: bytes
) -> None:
    Setu("sandbox").token()
    (folder / "cache.key").write_bytes(damaged)

    processes = start_processes(8, "report(Setu('sandbox').token().value)")

    assert len(set(processes.results())) == 1
    assert processes.errors == ""
    assert emulator.count("setu") == 2
    key = (folder / "cache.key").read_bytes()
    assert len(key) == 32
    assert key != bytes(32)


def test_a_folder_that_was_emptied_is_shared_again(emulator: Emulator, folder: Path) -> None:
    first, second = Setu("sandbox", store=FileStore(folder)), Setu("sandbox", store=FileStore(folder))
    first.token()
    second.token()
    for path in folder.iterdir():
        path.unlink()

    first.invalidate()
    second.invalidate()

    assert first.token() == second.token()


class ScryptSpy:
    """Records the threads that compute slow hashes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[threading.Thread] = []
        compute = hashlib.scrypt

        def scrypt(*args: Any, **options: Any) -> bytes:
            self.threads.append(threading.current_thread())
            return compute(*args, **options)

        monkeypatch.setattr(hashlib, "scrypt", scrypt)


def test_a_custom_store_gets_a_name_that_is_slow_to_guess(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy, store = ScryptSpy(monkeypatch), DictStore()
    setu = Setu("sandbox", secret="fake-slow-to-guess", store=store)
    emulator.fault("setu", "sandbox", status=200, patch={"/data/token": "fake-token"})

    async def fetch() -> None:
        for _ in range(3):
            setu.invalidate()
            await setu.atoken()

    trio.run(fetch)

    assert guessable(setu) not in store._results
    assert len(spy.threads) == 1
    assert spy.threads[0] is not threading.current_thread()


def test_a_custom_store_may_compute_the_name_itself(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Keyed(DictStore):
        def cache_key(self, identity: str, seconds: float) -> str:
            return f"keyed {len(identity)}"

    spy, store = ScryptSpy(monkeypatch), Keyed()
    Setu("sandbox", store=store).token()

    assert list(store._results) == ["keyed 64"]
    assert spy.threads == []


def test_a_file_store_computes_no_slow_hash(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = ScryptSpy(monkeypatch)
    Setu("sandbox").token()
    Setu("sandbox", store=FileStore(folder, key=KEY)).token()
    assert spy.threads == []

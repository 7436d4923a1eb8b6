"""The name of a token in a store is a keyed hash: a password cannot be guessed from it."""

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

from .conftest import Gather
from .test_chosen import DictStore

KEY, OTHER_KEY = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))


def guessable(credential: Any) -> str:
    """What an attacker computes for each password to try: no part of it is secret but the password."""
    settings = credential._settings
    name: str = settings.key(settings.reveal())
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

    shown = "".join(store.contents())
    for path in folder.iterdir():
        shown += path.name + path.read_bytes().decode(errors="replace")

    assert guessable(user)[:8] not in shown


def test_the_list_shows_an_id_made_from_public_data(emulator: Emulator, tmp_path: Path) -> None:
    ids = set()
    for number in range(2):
        store = FileStore(tmp_path / f"store-{number}")
        emulator.fault("setu", "sandbox", times=1, status=200, patch={"/data/token": "fake-token"})
        setu = Setu("sandbox", secret=f"fake-secret-{number}", store=store)
        setu.token()
        (line,) = store.contents()
        ids.add(line.split()[0])

    assert ids == {setu._settings.quota_key[:12]}


def test_each_folder_has_a_key_of_its_own(emulator: Emulator, tmp_path: Path) -> None:
    for place in "one", "two":
        Setu("sandbox", store=FileStore(tmp_path / place)).token()

    assert names(tmp_path / "one") != names(tmp_path / "two")


def test_stores_with_the_same_key_have_the_same_names(emulator: Emulator, tmp_path: Path) -> None:
    for place, key in ("one", KEY), ("two", KEY), ("three", OTHER_KEY):
        Setu("sandbox", store=FileStore(tmp_path / place, key=key)).token()

    one, two, three = (names(tmp_path / place) for place in ("one", "two", "three"))
    assert one == two != three
    assert not list(tmp_path.rglob("cache.key"))


def test_many_processes_that_start_at_once_agree_on_the_key(emulator: Emulator, crowd: Gather) -> None:
    tokens = crowd(32, "say(Setu('sandbox').token().value)").said()

    assert (len(tokens), len(set(tokens)), emulator.count("setu")) == (32, 1, 1)


@pytest.mark.parametrize("damaged", [b"", b"short", bytes(32), bytes(33), b"too long" * 10])
def test_a_damaged_key_file_is_replaced_and_costs_one_token(
    emulator: Emulator, folder: Path, crowd: Gather, damaged: bytes
) -> None:
    Setu("sandbox").token()
    (folder / "cache.key").write_bytes(damaged)

    several = crowd(8, "say(Setu('sandbox').token().value)")

    assert len(set(several.said())) == 1
    assert several.errors == ""
    assert emulator.count("setu") == 2
    key = (folder / "cache.key").read_bytes()
    assert len(key) == 32
    assert key != bytes(32)


def test_a_folder_that_is_removed_meanwhile_is_shared_again(emulator: Emulator, folder: Path) -> None:
    one, two = Setu("sandbox", store=FileStore(folder)), Setu("sandbox", store=FileStore(folder))
    one.token()
    two.token()
    for path in folder.iterdir():
        path.unlink()

    one.forget()
    two.forget()

    assert one.token() == two.token()


class Spy:
    """Counts the slow hashes, and notes the threads that compute them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[threading.Thread] = []
        compute = hashlib.scrypt

        def scrypt(*arguments: Any, **more: Any) -> bytes:
            self.threads.append(threading.current_thread())
            return compute(*arguments, **more)

        monkeypatch.setattr(hashlib, "scrypt", scrypt)


def test_a_store_of_ones_own_gets_a_name_that_is_slow_to_guess(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy, store = Spy(monkeypatch), DictStore()
    setu = Setu("sandbox", secret="fake-slow-to-guess", store=store)
    emulator.fault("setu", "sandbox", status=200, patch={"/data/token": "fake-token"})

    async def ask() -> None:
        for _ in range(3):
            setu.forget()
            await setu.atoken()

    trio.run(ask)

    assert guessable(setu) not in store._found
    assert len(spy.threads) == 1
    assert spy.threads[0] is not threading.current_thread()


def test_a_store_of_ones_own_may_make_the_name_itself(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Keyed(DictStore):
        def cache_key(self, identity: str, seconds: float) -> str:
            return f"keyed {len(identity)}"

    spy, store = Spy(monkeypatch), Keyed()
    Setu("sandbox", store=store).token()

    assert list(store._found) == ["keyed 64"]
    assert spy.threads == []


def test_a_file_store_pays_for_no_slow_hash(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = Spy(monkeypatch)
    Setu("sandbox").token()
    Setu("sandbox", store=FileStore(folder, key=KEY)).token()
    assert spy.threads == []
